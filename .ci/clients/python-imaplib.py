"""Python's imaplib: walks through the commands it knows."""
import imaplib
import os
import ssl

imap = imaplib.IMAP4("127.0.0.1", int(os.environ["CHECK_IMAP"]), timeout=60)
context = ssl.create_default_context(cafile=os.environ["CHECK_DATA"] + "/tls/certificate.pem")
context.check_hostname = False


def ok(answer):
    assert answer[0] == "OK", answer
    return answer[1]


def no(answer):
    assert answer[0] == "NO", answer


ok(imap.starttls(context))
user, password = os.environ["CHECK_USER"], os.environ["CHECK_PASSWORD"]
ok(imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode()))
ok(imap.namespace())
assert {b"IMAP4rev1", b"UIDPLUS", b"MOVE"} <= set(ok(imap.capability())[0].split())

for name in ["Work", "Work/2024", '"50% off_*"', '"a \\"quoted\\" one"', "&ZeVnLIqe-"]:
    ok(imap.create(name))
    ok(imap.subscribe(name))
    ok(imap.status(name, "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT)"))
no(imap.create("Work"))
assert len(ok(imap.list('""', "Work*"))) == 2
assert len(ok(imap.lsub('""', "Work*"))) == 2
ok(imap.rename("Work", "Play"))
assert any(b"Play/2024" in line for line in ok(imap.list()))
ok(imap.unsubscribe('"50% off_*"'))
ok(imap.delete('"50% off_*"'))
no(imap.select("Nowhere"))

messages = [f"From: a{n}@example.org\r\nSubject: number {n}\r\n\r\n{'x' * 1000 * n}\r\n".encode() for n in range(20)]
date = imaplib.Time2Internaldate(1700000000)
for message in messages:
    ok(imap.append("INBOX", "(\\Flagged)", date, message))
no(imap.append("Nowhere", "", date, messages[0]))
assert ok(imap.select("INBOX")) == [b"20"]
for n, message in enumerate(messages, 1):
    data = ok(imap.fetch(str(n), "(BODY.PEEK[] INTERNALDATE RFC822.SIZE)"))
    assert data[0][1] == message, n
    assert b"RFC822.SIZE %d" % len(message) in data[0][0] + data[1], data
    assert imaplib.Internaldate2tuple(data[0][0] + data[1]) == imaplib.Internaldate2tuple(
        b'INTERNALDATE ' + date.encode()), data
assert ok(imap.fetch("3", "(BODY[HEADER.FIELDS (SUBJECT)])"))[0][1] == b"Subject: number 2\r\n\r\n"
ok(imap.fetch("1:*", "(FLAGS ENVELOPE BODYSTRUCTURE)"))
assert ok(imap.search(None, "FLAGGED", "SUBJECT", '"number 1"')) == [b"2 11 12 13 14 15 16 17 18 19 20"]
assert ok(imap.uid("SEARCH", "LARGER", "15000")) == [b"16 17 18 19 20"]
ok(imap.store("1:5", "+FLAGS", "(\\Deleted $Label)"))
ok(imap.store("5", "-FLAGS", "(\\Deleted)"))
ok(imap.copy("1:20", "Play"))
assert ok(imap.status("Play", "(MESSAGES)")) == [b"Play (MESSAGES 20)"]
assert len(ok(imap.expunge())) == 4
ok(imap.uid("MOVE", "20", "Archive"))
assert ok(imap.uid("SEARCH", "ALL")) == [b" ".join(b"%d" % n for n in range(5, 20))]
ok(imap.noop())
ok(imap.check())
ok(imap.unselect())
ok(imap.select("Play", readonly=True))
ok(imap.close())
try:
    imap.fetch("1", "(FLAGS)")
    raise AssertionError("FETCH without a mailbox")
except imaplib.IMAP4.error:
    pass
assert imap.logout()[0] == "BYE"
