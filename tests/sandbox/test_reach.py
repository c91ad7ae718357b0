"""Attacks on what is outside: files, the environment, the network, other processes, the kernel."""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path

import pytest

MISSING = [
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hostname",
    "/etc/hosts",
    "/home",
    "/var",
    "/sys",
    "/run",
    "/dev/mem",
    "/dev/sda",
]


@pytest.mark.parametrize("path", MISSING)
def test_files_of_the_host_are_not_there(contained, path):
    code = f"import os\nos.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}).read()"
    assert contained.attack(code).error.startswith("FileNotFoundError")


def test_neither_the_checkout_nor_a_home_shows_more_than_packages(contained, tmp_path):
    (tmp_path / "secret").write_text("s")
    here = Path(__file__).resolve()
    for path in (
        tmp_path / "secret",
        here,
        here.parents[2] / "setup.py",
        here.parents[2] / ".git",
        Path.home() / ".bashrc",
    ):
        assert contained.attack(f"import os; os.path.lexists({str(path)!r})").value is False


def test_the_environment_of_the_host_is_not_there(contained, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    outcome = contained.attack(
        "import os\n[dict(os.environ), open('/proc/self/environ').read(), open('/proc/1/environ').read()]"
    )
    assert "PATH" in outcome.value[0] and "hunter2" not in str(outcome.value) and "SECRET" not in str(outcome.value)


@pytest.mark.parametrize(
    "place", ["/", "/usr", "/usr/bin", "/etc", "/files", "/dev", "/proc", "/proc/sys/kernel", "{prefix}", "{package}"]
)
def test_nothing_but_tmp_can_be_written(contained, place):
    code = """
import os, sys, errno, tracer1
place = PLACE.format(prefix=sys.prefix, package=os.path.dirname(tracer1.__file__))
try: open(place + '/new', 'w')
except OSError as error: e = error.errno
[errno.errorcode[e], os.access(place, os.W_OK)]"""
    name, writable = contained.attack(code.replace("PLACE", repr(place))).value
    assert name in ("EROFS", "EACCES", "ENOENT", "EPERM") and not writable


def test_settings_of_the_kernel_cannot_be_written(contained):
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/self/oom_score_adj", "/proc/self/mem"):
        assert contained.attack(f"open({path!r}, 'r+b', buffering=0).write(b'0')").error.startswith(
            ("OSError", "Perm", "FileNot")
        )


def test_a_server_on_the_hosts_loopback_cannot_be_reached(contained):
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    reached = []
    threading.Thread(target=lambda: reached.append(server.accept()), daemon=True).start()
    for address in ("127.0.0.1", "localhost"):
        outcome = contained.attack(f"import socket; socket.create_connection(({address!r}, {port}), 3)")
        assert outcome.status == "error" and ("refused" in outcome.error or "name" in outcome.error)
    socket.create_connection(("127.0.0.1", port), 3).close()  # the server is there, for others
    assert len(reached) <= 1
    server.close()


@pytest.mark.parametrize(
    "code",
    [
        "socket.create_connection(('1.1.1.1', 53), 3)",
        "socket.create_connection(('2606:4700::1111', 53), 3)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))",
        "socket.getaddrinfo('example.com', 80)",
        "urllib.request.urlopen('http://169.254.169.254/latest/meta-data', timeout=3)",
        "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).connect((2, 22))",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
        "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    ],
)
def test_the_network_is_not_there(contained, code):
    outcome = contained.attack(f"import socket, urllib.request\n{code}")
    assert outcome.status == "error" and "rror: " in outcome.error and "timed out" not in outcome.error, outcome


def test_sockets_of_the_host_cannot_be_reached(contained, tmp_path):
    path = str(tmp_path / "server")
    for address in (path, "\0tracer1-sandbox-test"):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(address)
            server.listen()
            outcome = contained.attack(f"import socket; socket.socket(socket.AF_UNIX).connect({address!r})")
            assert outcome.error.startswith(("FileNotFoundError", "ConnectionRefusedError"))


def test_only_its_own_processes_are_seen(contained):
    code = "import os\n[os.getpid(), os.getppid(), [int(n) for n in os.listdir('/proc') if n.isdigit()], os.getuid(), os.getgid()]"
    assert contained.attack(code).value == [1, 0, [1], 1000, 1000]


def test_devices(contained):
    code = "import os\ntry: os.mknod('/tmp/sda', 0o60666, os.makedev(8, 0))\nexcept OSError as e: print(e)\nsorted(os.listdir('/dev'))"
    outcome = contained.attack(code)
    assert outcome.value == ["full", "null", "random", "shm", "urandom", "zero"]
    assert "Operation not permitted" in outcome.stdout


def test_no_rights_and_no_way_to_get_any(contained):
    code = """
import re, subprocess
own = open('/proc/self/status').read()
executed = subprocess.run(['cat', '/proc/self/status'], capture_output=True, text=True).stdout
[re.findall(r'(?:Cap\\w+|NoNewPrivs|Seccomp|Groups):[ \\t]*(\\S*)', text) for text in (own, executed)]"""
    for found in contained.attack(code).value:
        assert found == ["", *["0" * 16] * 5, "1", "2"]


def test_setuid_programs_stay_powerless(contained):
    found = [
        p
        for p in ("/usr/bin/su", "/usr/bin/mount", "/usr/bin/passwd")
        if os.path.exists(p) and os.stat(p).st_mode & stat.S_ISUID
    ]
    if not found:
        pytest.skip("no setuid program on this machine")
    code = "import subprocess\ndef run(*line): return subprocess.run(line, capture_output=True, text=True, input='')\n"
    assert 0 not in contained.attack(f"{code}[run(path, '-c', 'id').returncode for path in {found!r}]").value
    code += "import os, shutil\nshutil.copy('/usr/bin/id', '/tmp/id'); os.chmod('/tmp/id', 0o6755)\nrun('/tmp/id', '-u').stdout"
    assert contained.attack(code).value == "1000\n"


CALLS = {
    "mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "umount": "libc.umount2(b'/tmp', 2)",
    "remount": "libc.mount(None, b'/usr', None, 32 | 4096, None)",
    "chroot": "libc.chroot(b'/tmp')",
    "pivot_root": "libc.syscall(155, b'/tmp', b'/tmp')",
    "user_namespace": "libc.unshare(0x10000000)",
    "user_namespace_by_clone": "libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)",
    "clone3": "libc.syscall(435, 0, 0)",
    "setns": "libc.setns(0, 0)",
    "ptrace": "libc.ptrace(16, 1, 0, 0)",
    "process_vm_writev": "libc.process_vm_writev(1, 0, 0, 0, 0, 0)",
    "keyring": "libc.syscall(250, 0, -3, 1)",
    "bpf": "libc.syscall(321, 0, 0, 0)",
    "io_uring": "libc.syscall(425, 8, 0)",
    "userfaultfd": "libc.syscall(323, 0)",
    "perf_events": "libc.syscall(298, 0, 0, -1, -1, 0)",
    "open_by_handle": "libc.open_by_handle_at(0, 0, 0)",
    "module": "libc.syscall(313, 0, b'', 0)",
    "clock": "libc.clock_settime(0, (ctypes.c_long * 2)(0, 0))",
    "hostname": "libc.sethostname(b'x', 1)",
    "reboot": "libc.reboot(0)",
    "setuid": "libc.setuid(0)",
    "chown": "libc.chown(b'/tmp', 0, 0)",
    "priority": "libc.setpriority(0, 0, -5)",
    "x32": "libc.syscall(0x40000000 + 39)",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_system_calls_that_would_help_to_get_out_fail(contained, call):
    if "syscall(" in call and os.uname().machine != "x86_64":
        pytest.skip("numbers of x86_64")
    outcome = contained.attack(
        f"import ctypes, errno\nlibc = ctypes.CDLL(None, use_errno=True)\n[{call}, errno.errorcode[ctypes.get_errno()]]"
    )
    assert outcome.status == "ok" and outcome.value[0] == -1
    assert outcome.value[1] in ("EPERM", "ENOSYS", "EINVAL", "EACCES"), outcome


def test_limits_cannot_be_raised(contained):
    for name in ("AS", "CPU", "NPROC", "FSIZE", "NOFILE"):
        code = f"import resource as r\nr.setrlimit(r.RLIMIT_{name}, (r.RLIM_INFINITY, r.RLIM_INFINITY))"
        assert contained.attack(code).error.startswith("ValueError: not allowed to raise maximum limit")
