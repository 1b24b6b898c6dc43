#!/usr/bin/env python3
"""Takes the image apart and runs what is inside, on a database that is there.

usage: image.py TAR DIRECTORY       the database by HEDDLE_DATABASE_… variables; as root
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import time

LARGEST = 150_000_000
USER = "10001"


def fail(text):
    sys.exit(f"wrong: {text}")


def unpack(archive, directory):
    """Returns what the image says of itself; its files are in the directory root."""
    root = directory / "root"
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))[0]
        size = 0
        for layer in manifest["Layers"]:
            with tarfile.open(fileobj=tar.extractfile(layer)) as files:
                files.extractall(root)
                size += sum(member.size for member in files.getmembers())
        print(f"{os.path.getsize(archive) / 1e6:.0f} MB to pull, {size / 1e6:.0f} MB on a node")
        if size > LARGEST:
            fail(f"{size} bytes are more than {LARGEST}")
        return root, json.load(tar.extractfile(manifest["Config"]))["config"]


def check_files(root, config):
    if config["User"].split(":")[0] != USER:
        fail(f"it runs as {config['User']}")
    if not re.search(rf"^heddle:x:{USER}:{USER}:", (root / "etc/passwd").read_text(), re.MULTILINE):
        fail("its user has no name")
    command = root / config["Entrypoint"][0].lstrip("/")
    if not command.stat().st_mode & stat.S_IXOTH:
        fail(f"{command} is not a program")
    for path in root.rglob("*"):
        mode = path.lstat().st_mode
        if mode & (stat.S_ISUID | stat.S_ISGID):
            fail(f"{path} gives rights to who runs it")
        if mode & stat.S_IWOTH and stat.S_ISREG(mode):
            fail(f"anybody can write {path}")


def make_certificate(root):
    """One of the kind that cert-manager makes, where the cluster's secret would be."""
    directory = root / "etc/heddle/tls"
    directory.mkdir(parents=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch",
         "-subj", "/CN=localhost", "-out", directory / "tls.crt", "-keyout", directory / "tls.key"],
        check=True, capture_output=True)
    (directory / "tls.key").chmod(0o644)
    return {"HEDDLE_TLS_CERTIFICATE": "/etc/heddle/tls/tls.crt", "HEDDLE_TLS_KEY": "/etc/heddle/tls/tls.key"}


class Run:
    """What is inside, running without privileges on a root that cannot be written; ended by SIGTERM."""

    def __init__(self, root, config, log, **settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        variables = dict(pair.split("=", 1) for pair in config["Env"])
        variables |= {name: value for name, value in os.environ.items() if name.startswith("HEDDLE_DATABASE_")}
        variables |= {f"HEDDLE_LISTEN_{name}": "127.0.0.1:0" for name in ("IMAP", "IMAPS", "LMTP")}
        variables |= {"HEDDLE_LISTEN_HTTP": f"127.0.0.1:{self.port}"} | settings
        mounts = (f"mount --bind {root} {root} && mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev && "
                  f"mount -o remount,bind,ro {root} && mount -t tmpfs -o mode=777 tmpfs {root}/tmp && "
                  f"mount -t tmpfs -o mode=777 tmpfs {root}/var/lib/heddle && ")
        command = " ".join(config["Entrypoint"] + config["Cmd"])
        self.log = log
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", f"{mounts} exec chroot --userspec={USER}:{USER} {root} {command}"],
            env=variables, stdout=log.open("w"), stderr=subprocess.STDOUT)

    def ready(self):
        """Returns after how many seconds it is."""
        while self.process.poll() is None and time.monotonic() < self.began + 60:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    return time.monotonic() - self.began
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.01)
        fail(f"it does not become ready:\n{self.log.read_text()}")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def main():
    archive, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    root, config = unpack(archive, directory)
    check_files(root, config)
    for name in ("proc", "dev"):
        (root / name).mkdir(exist_ok=True)
    certificate = make_certificate(root)
    log = directory / "log"
    took = []
    for _ in range(3):
        # The cache of classes has to be good: without this option the JVM goes on without it.
        run = Run(root, config, log, HEDDLE_JAVA_OPTIONS="-XX:AOTMode=on", **certificate)
        took.append(run.ready())
        code = run.end()
        if code != 0:
            fail(f"it was told to stop and ended with {code}:\n{log.read_text()}")
    print(f"ready after {', '.join(f'{seconds:.2f} s' for seconds in took)}; load {os.getloadavg()[0]}")
    without = Run(root, config, log, HEDDLE_DATABASE_URL="")
    code = without.process.wait(60)
    said = log.read_text(errors="replace").splitlines()[-1]
    if code != 2 or not said.startswith("heddle: database.url: ") or not said.endswith("…"):
        fail(f"without a database it ends with {code} and says: {said}")


main()
