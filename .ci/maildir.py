"""Makes, changes and compares Maildirs for the check with mbsync: make DIR COUNT, change DIR, compare DIR DIR."""
import base64
import os
import random
import re
import sys

FLAGS = ["", "S", "FS", "RS", "F", "DS"]


def body(n, rng):
    kind = n % 10
    words = " ".join(rng.choice(["warp", "weft", "shuttle", "heddle", "reed"]) for _ in range(rng.randrange(5, 400)))
    plain = re.sub(r"(.{60}\S*) ", r"\1\n", words).encode()
    data = base64.encodebytes(rng.randbytes(rng.randrange(10, 40000)))
    if kind == 0:
        return b"Content-Type: text/plain\n\n" + plain + b"\n"
    if kind == 1:
        return b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n" + plain \
            + b"\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + data + b"--b--\n"
    if kind == 2:
        return b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" \
            + "Über die Brücke, 織機\n".encode() + plain + b"\n"
    if kind == 3:
        return b"Content-Type: text/plain; charset=iso-8859-1\n\n" + "naïve façade".encode("latin-1") + b"\n"
    if kind == 4:
        return b"MIME-Version: 1.0\nContent-Type: message/rfc822\n\nSubject: inner\n\n" + plain + b"\n"
    if kind == 5:  # no boundary ever comes
        return b"MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=missing\n\n" + plain + b"\n"
    if kind == 6:
        return b"Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>=C3=A9t=C3=A9</p>\n"
    if kind == 7:
        return b"X-Long: " + b"x" * 5000 + b"\n\n" + plain + b"\n"
    if kind == 8:  # no last line end, and lines that look like IMAP and mbox
        return b"\nFrom me\n* BYE\na1 OK done\n.\n)" + plain
    return b"\n"


def write(path, flags, content):
    with open(path + (":2," + flags), "wb") as out:
        out.write(content)


def make(root, count):
    rng = random.Random(2)
    for box in ["INBOX", "Lists", "Lists/Weaving"]:
        for part in ["cur", "new", "tmp"]:
            os.makedirs(f"{root}/{box}/{part}")
    for n in range(count):
        box = "Lists/Weaving" if n % 3 == 2 else "INBOX"
        head = f"From: =?utf-8?q?J=C3=BCrgen?= <j{n}@example.org>\nTo: you@example.org\nSubject: message {n}\n" \
            f"Date: Mon, {1 + n % 28} Jan 2024 10:00:00 +0100\nMessage-ID: <{n}@example.org>\n"
        write(f"{root}/{box}/cur/17000{n:05d}.M{n}.host", FLAGS[n % 6].replace("D", ""), head.encode() + body(n, rng))


def change(root):
    cur = f"{root}/INBOX/cur"
    files = sorted(os.listdir(cur))
    os.rename(f"{cur}/{files[30]}", f"{cur}/{files[30].split(':')[0]}:2,FS")
    os.rename(f"{cur}/{files[31]}", f"{cur}/{files[31].split(':')[0]}:2,ST")
    write(f"{cur}/1800000000.M1.host", "S", b"Subject: from here\n\nHello\n")


def contents(root):
    found = []
    for directory, _, files in os.walk(root):
        if os.path.basename(directory) in ("cur", "new"):
            box = os.path.relpath(os.path.dirname(directory), root)
            for name in files:
                with open(os.path.join(directory, name), "rb") as message:
                    # mbsync adds this line to find again what it has sent.
                    text = re.sub(rb"^X-TUID: .*\n", b"", message.read().replace(b"\r\n", b"\n"), flags=re.M)
                found.append((box, "".join(sorted(name.partition(":2,")[2])), text))
    return sorted(found)


def compare(one, other):
    left, right = contents(one), contents(other)
    print(f"{len(left)} and {len(right)} messages")
    different = [(a[:2], b[:2]) for a, b in zip(left, right) if a != b]
    if different or len(left) != len(right):
        sys.exit(f"not the same: {different[:5]}")


def main():
    command, *arguments = sys.argv[1:]
    if command == "make":
        make(arguments[0], int(arguments[1]))
    elif command == "change":
        change(arguments[0])
    else:
        compare(*arguments)


main()
