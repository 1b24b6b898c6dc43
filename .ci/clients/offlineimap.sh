# OfflineIMAP on two servers: both ways, and a last run that changes nothing.
need offlineimap
need python3
cd "$CHECK_WORK"
maildir=$OLDPWD/.ci/maildir.py
# sync PORT: one run against the server there.
sync() {
    cat >rc <<CONFIG
[general]
accounts = heddle
metadata = $PWD/metadata
ui = quiet
[Account heddle]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = $PWD/near
sep = /
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = $1
remoteuser = $CHECK_USER
remotepass = $CHECK_PASSWORD
ssl = no
starttls = no
auth_mechanisms = PLAIN, LOGIN
CONFIG
    timeout 200 offlineimap -c rc -o
}
near() {
    find near/INBOX -path '*/cur/*' -o -path '*/new/*'
}
python3 "$maildir" make near 60
sync "$CHECK_IMAP2"
[ "$(messages INBOX)" = 40 ] || fail "INBOX has $(messages INBOX) messages and not 40"
imap 'UID STORE 3 +FLAGS (\Flagged)' INBOX >/dev/null
imap 'UID STORE 4 +FLAGS (\Deleted)' INBOX >/dev/null
imap 'UID EXPUNGE 4' INBOX >/dev/null
sync "$CHECK_IMAP2"
[ "$(near | wc -l)" = 39 ] || fail 'the deletion did not come down'
find near | sort >before
imap 'STATUS INBOX (MESSAGES UIDNEXT)' >status-before
sync "$CHECK_IMAP"
find near | sort | cmp before -
imap 'STATUS INBOX (MESSAGES UIDNEXT)' | cmp status-before -
echo '40 messages up through one server, a flag and a deletion made on the other down, and nothing to do for a third run'
