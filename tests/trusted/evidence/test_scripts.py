"""Which script a command line names."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.evidence.scripts import GRAMMARS, script_path


@pytest.mark.parametrize(
    ("executable", "line", "path"),
    [
        ("/usr/bin/python3.11", "python3 x.py get", "/home/u/x.py"),
        ("/usr/bin/python3.11", "python3 -u -W ignore -X dev ../y.py", "/home/y.py"),
        ("/usr/bin/python3.11", "python3 -Wignore -BE /opt/x.py -c no", "/opt/x.py"),
        ("/usr/bin/python3.11", "python3 --check-hash-based-pycs always x.py", "/home/u/x.py"),
        ("/usr/bin/python3.11", "python3 -- -x.py", "/home/u/-x.py"),
        ("/usr/bin/python3.11", "python3 -c print() x.py", None),
        ("/usr/bin/python3.11", "python3 -Bc print() x.py", None),
        ("/usr/bin/python3.11", "python3 -m http.server x.py", None),
        ("/usr/bin/python3.11", "python3 -mx x.py", None),
        ("/usr/bin/python3.11", "python3 - x.py", None),
        ("/usr/bin/python3.11", "python3", None),
        ("/usr/bin/bash", "bash -eu x.sh", "/home/u/x.sh"),
        ("/usr/bin/bash", "bash -o pipefail +O extglob --norc x.sh", "/home/u/x.sh"),
        ("/usr/bin/bash", "bash --rcfile /etc/rc x.sh", "/home/u/x.sh"),
        ("/usr/bin/bash", "-bash", None),
        ("/usr/bin/bash", "bash -lc ls x.sh", None),
        ("/usr/bin/bash", "bash -s x.sh", None),
        ("/usr/bin/dash", "sh /x.sh", "/x.sh"),
        ("/usr/bin/node", "node -r ./hook.js --inspect=0 app.js", "/home/u/app.js"),
        ("/usr/bin/node", "node --env-file=.env app.js", "/home/u/app.js"),
        ("/usr/bin/node", "node -e 1 app.js", None),
        ("/usr/bin/node", "node --eval=1 app.js", None),
        ("/usr/bin/perl", "perl -w -I lib x.pl", "/home/u/x.pl"),
        ("/usr/bin/perl", "perl -MList::Util=sum x.pl", "/home/u/x.pl"),
        ("/usr/bin/perl", "perl -lne print x.pl", None),
        ("/usr/bin/perl", "perl -0777pe1 x.pl", None),
        ("/usr/bin/perl", "perl -d:Trace x.pl", "/home/u/x.pl"),
        ("/usr/bin/ruby3.1", "ruby -r json -W0 x.rb", "/home/u/x.rb"),
        ("/usr/bin/php8.2", "php -d a=b -f x.php", "/home/u/x.php"),
        ("/usr/bin/lua5.4", "lua -l json x.lua", "/home/u/x.lua"),
        ("/usr/bin/java", "java -cp a.jar -jar b.jar", "/home/u/b.jar"),
        ("/usr/bin/java", "java -cp a.jar org.example.Main", None),
        ("/usr/bin/gawk", "gawk -f x.awk", None),
        ("/usr/bin/firefox", "firefox x.html", None),
    ],
)
def test_script_is_found_as_the_interpreter_finds_it(executable: str, line: str, path: str | None) -> None:
    assert script_path(executable, tuple(line.split()), "/home/u") == path


def test_relative_path_without_a_working_directory_is_no_path() -> None:
    assert script_path("/usr/bin/bash", ("bash", "x.sh"), None) is None
    assert script_path("/usr/bin/bash", ("bash", "/x.sh"), None) == "/x.sh"


@given(
    executable=st.sampled_from(sorted(GRAMMARS)),
    arguments=st.lists(
        st.one_of(
            st.sampled_from(["-c", "-", "--", "-m", "-Wx", "+O", "--eval=x", "-jar", "", "x", "/y", "//z/.."]),
            st.text(max_size=8),
        ),
        max_size=8,
    ),
)
def test_whatever_stands_on_a_command_line_the_answer_is_a_normal_absolute_path_or_none(
    executable: str, arguments: list[str]
) -> None:
    path = script_path(f"/usr/bin/{executable}", tuple(arguments), "/home/u")
    assert path is None or (path.startswith("/") and path == posixpath.normpath(path) and path[:2] != "//")
