# mbsync: a Maildir of varied messages up, nothing to do, changes on both sides, and byte for byte the same in the end.
need mbsync
need python3
cd "$CHECK_WORK"
cat >rc <<CONFIG
IMAPAccount heddle
Host 127.0.0.1
Port $CHECK_IMAP
User $CHECK_USER
Pass $CHECK_PASSWORD
SSLType None
AuthMechs LOGIN

IMAPStore far
Account heddle

MaildirStore near
Path $PWD/near/
Inbox $PWD/near/INBOX
SubFolders Verbatim

MaildirStore mirror
Path $PWD/mirror/
Inbox $PWD/mirror/INBOX
SubFolders Verbatim

Channel work
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState $PWD/state/

Channel mirror
Far :far:
Near :mirror:
Patterns *
Create Near
Expunge Near
SyncState $PWD/mirror-state/
CONFIG
mkdir near mirror state mirror-state
sync() {
    mbsync -c rc "$1" || fail "mbsync $1"
}
listing() {
    (cd near && find . -path '*/cur/*' -o -path '*/new/*' | sort)
}
maildir=$OLDPWD/.ci/maildir.py
python3 "$maildir" make near 300
sync work
[ "$(messages INBOX)" = 200 ] || fail "INBOX has $(messages INBOX) messages and not 200"
[ "$(messages Lists/Weaving)" = 100 ] || fail 'Lists/Weaving'
listing >before
imap 'STATUS INBOX (MESSAGES UIDNEXT UNSEEN)' >status-before
sync work
listing | cmp before -
imap 'STATUS INBOX (MESSAGES UIDNEXT UNSEEN)' | cmp status-before -

# Here: one flagged, one deleted, one new. There: one deleted, one answered, one new, one moved.
python3 "$maildir" change near
imap 'UID STORE 10 +FLAGS (\Deleted)' INBOX >/dev/null
imap 'UID EXPUNGE 10' INBOX >/dev/null
imap 'UID STORE 11 +FLAGS (\Answered)' INBOX >/dev/null
imap 'UID MOVE 12 Archive' INBOX >/dev/null
printf 'Subject: from there\r\n\r\nHello\r\n' >there.eml
curl -sS -u "$CHECK_USER:$CHECK_PASSWORD" "$url/INBOX" -T there.eml
sync work
[ "$(messages INBOX)" = 199 ] || fail "INBOX has $(messages INBOX) messages and not 199 after changes on both sides"
grep -rq 'Subject: from there' near/INBOX || fail 'the new message did not come down'
imap 'UID SEARCH SUBJECT "from here"' INBOX | grep -q 'SEARCH [0-9]' || fail 'the new message did not go up'
sync work
sync mirror
python3 "$maildir" compare near mirror
