"""Suites and programs that nobody here wrote, run unchanged against a wallet of their own.

``python -m judges NAME`` fetches what it needs, runs it and ends with ``P passed, F failed, S skipped``. What is
expected stands in ``judges.expected``: a test that is not run any more is a difference as much as one that fails.
With ``--yardstick`` it is asked about gnome-keyring instead, or about OpenSSH's ssh-agent.

===============================  =====================================================================================
judge                            how it speaks to the Secret Service
===============================  =====================================================================================
secretstorage, -3.4.1, -3.3.3    its own tests; jeepney, encrypted sessions
secretstorage-2.3.1              its own tests; libdbus (dbus-python), by introspection
secret-tool                      libsecret, a process for each step, prompts, the collection of the session
libsecret                        GObject introspection: blocking and not, properties, signals, prompts, own collections
keyring                          the package's tests for back ends, applied to its back end for the Secret Service
keyring-sources                  its own tests of its two back ends, in the collection of the session
keyring-jeepney                  its own test; raw D-Bus, a plain session
sdbus-secrets                    its own tests; systemd's sd-bus, a plain session, blocking and not
keytar                           Node.js, libsecret in C++, many calls at once
napi-keyring                     Node.js, Rust: zbus in an encrypted session, blocking and not, values of bytes
uv                               Rust: the crates keyring and secret-service
docker-credential-secretservice  Go over libsecret; lists what it stored
msmtp                            libsecret in a mail program, of what secret-tool stored
pinentry                         libsecret in GnuPG's dialog, of what secret-tool stored; clears it
git-credential-libsecret         git, over libsecret in C
chromium                         its own code; reads its key at each start, and unlocks for it
===============================  =====================================================================================

===============================  =====================================================================================
judge                            how it speaks to the SSH agent
===============================  =====================================================================================
openssh                          ssh, ssh-add, ssh-keygen and two sshds of Debian's: log-ins, certificates, forwarding,
                                 destinations, signatures, the agent's lock
paramiko                         its own client of agents, before sshd; its tests of that speak to no agent
git                              commits, tags, a merge and a rebase after ``etui git setup``; found good or altered
asyncssh                         its own tests of its client of agents, and of log-ins by agent
===============================  =====================================================================================

===============================  =====================================================================================
judge                            how it speaks to the plugin of age
===============================  =====================================================================================
age                              Debian's age: its own test script, with a key of the wallet's; rage's pyrage beside it
age-cctv                         Debian's age: C2SP's files for X25519, each with what has to become of it
===============================  =====================================================================================

===============================  =====================================================================================
judge                            how it uses a secret that it never has
===============================  =====================================================================================
use                              curl, git over https, requests, httpx and Node's fetch, by the proxy of ``etui run``
===============================  =====================================================================================

===============================  =====================================================================================
judge                            how it speaks to the card in a reader
===============================  =====================================================================================
emv                              emvtool, by PC/SC and T=0: PSE, records, a cryptogram for the issuer's pyemv
opensc-tool                      OpenSC, by PC/SC and T=1: ATR, what all its drivers send, a payment command by command
===============================  =====================================================================================

===============================  =====================================================================================
judge                            what it says of the Shell, and of the browser's extension
===============================  =====================================================================================
axe, lighthouse                  whether everybody can use the Shell's pages, and what else is wanting
addons-linter                    what Mozilla finds fault with in the extension
chromium-extension               what Chromium does, when it packs it and when it has loaded it
payment-request                  the W3C's IDL, and its steps, for ``PaymentRequest`` where the wallet answers
===============================  =====================================================================================

Beside gnome-keyring 42 in the same run: each suite says the same of both. Of the programs, it fails where it would ask
somebody (to unlock a collection, to make one; it has no prompter here), and hands back ``text/plain`` as the type of
every value. keyring and secret-tool found that the wallet had no collection for the session, which gnome-keyring has.

Not asked, and why: the npm package keytar and its other heirs download a program from elsewhere when they are
installed; QtKeychain, seahorse, NetworkManager, Evolution and their like call the same functions of libsecret out of
windows; twine, pip, Poetry, vdirsyncer, isync and OfflineIMAP call keyring or secret-tool; KeePassXC, KWallet and
pass-secret-service are no clients but other services.
"""
