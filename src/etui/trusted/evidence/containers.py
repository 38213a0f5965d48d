"""Programs and units that hold a whole session: what they start does not act for them.

A secret that a command in a terminal asks for is not the terminal's. So looking for the program
behind a deputy ends at a container, and the deputy belongs to the session. A container that asks
for itself is a program like any other.
"""

import fnmatch
import posixpath

from etui.trusted.evidence.deputies import family
from etui.trusted.evidence.process import Unit

_STARTERS = """
    systemd init runit runsvdir runsv s6-svscan s6-supervise openrc-init supervise-daemon dinit tini
    dumb-init catatonit launchd supervisord login agetty getty mingetty sshd sshd-session sshd-auth dropbear
    mosh-server telnetd in.telnetd cron crond atd anacron fcron cronie incrond gdm gdm3 gdm-session-worker
    gdm-wayland-session gdm-x-session sddm sddm-helper lightdm xdm lxdm ly greetd xinit startx xrdp-sesman
    gnome-session-binary gnome-session-service gnome-session-ctl gnome-session plasma_session
    startplasma-wayland startplasma-x11 ksmserver kdeinit5 klauncher xfce4-session lxsession lxqt-session
    mate-session cinnamon-session cinnamon-session-binary budgie-session uwsm gnome-shell plasmashell
    kwin_wayland kwin_x11 krunner kglobalacceld kglobalaccel5 kded5 kded6 xfce4-panel xfdesktop
    xfce4-appfinder xfwm4 lxpanel lxqt-panel lxqt-runner mate-panel cinnamon phosh phoc squeekboard sway
    swaybg i3 i3bar openbox fluxbox awesome bspwm sxhkd dwm Hyprland river labwc weston niri cosmic-comp
    cosmic-panel waybar polybar xmonad qtile rofi wofi fuzzel dmenu bemenu tofi albert ulauncher synapse
    nautilus dolphin thunar Thunar pcmanfm pcmanfm-qt nemo caja ranger mc nnn lf yazi vifm dbus-daemon
    dbus-broker dbus-broker-launch at-spi-bus-launcher xdg-desktop-portal gnome-terminal-server
    gnome-terminal kgx ptyxis ptyxis-agent gnome-console konsole yakuake xfce4-terminal lxterminal qterminal
    mate-terminal tilix terminator guake tilda sakura xterm uxterm urxvt rxvt urxvtd rxvt-unicode aterm
    mlterm st alacritty kitty kitten foot footclient wezterm wezterm-gui wezterm-mux-server contour ghostty
    rio hyper tabby warp cool-retro-term terminology deepin-terminal io.elementary.terminal blackbox
    cosmic-term zutty zellij tmux screen dtach abduco byobu dvtm ttyd gotty shellinaboxd code code-oss
    codium code-insiders code-server cursor windsurf zed zed-editor emacs emacsclient gvim kate kdevelop
    gnome-builder sublime_text subl atom lapce pycharm idea clion webstorm geany eclipse qtcreator
    jetbrains-client theia helix hx docker dockerd containerd containerd-shim containerd-shim-runc-v2 runc
    crun podman conmon lxc-start lxcfs nerdctl toolbox distrobox waydroid gitlab-runner buildkitd
    flatpak-session-helper
"""
_PROGRAMS = frozenset(_STARTERS.split())

_UNITS = (
    # What a user starts by hand, or a launcher or bus starts in passing: named anew each time.
    "run-*.service",
    "dbus-:*.service",
    "app-*@*.service",
    "app-*-*.service",
    "vte-spawn-*.service",
    # Units of containers, where what they start stays inside.
    "*terminal*.service",
    "*konsole*.service",
    "tmux*.service",
    "screen*.service",
    "emacs*.service",
    "code-server*.service",
    "dbus*.service",
    "org.gnome.Shell@*.service",
    "gnome-shell*.service",
    "gnome-session*.service",
    "plasma-*.service",
    "flatpak-*.service",
    "xdg-desktop-portal*.service",
    "user@*.service",
    "session-*.service",
    "ssh.service",
    "ssh@*.service",
    "sshd*.service",
    "dropbear*.service",
    "cron*.service",
    "crond.service",
    "atd.service",
    "anacron.service",
    "fcron.service",
    "*getty@*.service",
    "gdm*.service",
    "sddm.service",
    "lightdm.service",
    "greetd.service",
    "display-manager.service",
    "xrdp*.service",
    "docker.service",
    "containerd.service",
)
_AUTOSTARTED = "app-*@autostart.service"


def holds_a_session(path: str) -> bool:
    """Say whether the executable `path` starts what it starts for the session, not for itself."""
    return posixpath.basename(path) in _PROGRAMS or family(path) in _PROGRAMS


def names_one_service(unit: Unit) -> bool:
    """Say whether `unit` is one lasting service, and not a container or named in passing.

    Source for `app-…` names: systemd, "Desktop Environment Integration", "XDG standardization for
    applications"; only those of autostart files are the same each time.
    """
    if fnmatch.fnmatchcase(unit.name, _AUTOSTARTED):
        return True
    return not any(fnmatch.fnmatchcase(unit.name, pattern) for pattern in _UNITS)
