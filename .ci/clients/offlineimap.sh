# OfflineIMAP: both ways, and a second run that changes nothing.
need offlineimap
need python3
cd "$CHECK_WORK"
maildir=$OLDPWD/.ci/maildir.py
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
remoteport = $CHECK_IMAP
remoteuser = $CHECK_USER
remotepass = $CHECK_PASSWORD
ssl = no
starttls = no
auth_mechanisms = PLAIN, LOGIN
CONFIG
python3 "$maildir" make near 60
timeout 200 offlineimap -c rc -o
[ "$(messages INBOX)" = 40 ] || fail "INBOX has $(messages INBOX) messages and not 40"
imap 'UID STORE 3 +FLAGS (\Flagged)' INBOX >/dev/null
imap 'UID STORE 4 +FLAGS (\Deleted)' INBOX >/dev/null
imap 'UID EXPUNGE 4' INBOX >/dev/null
timeout 200 offlineimap -c rc -o
[ "$(find near/INBOX -path '*/cur/*' -o -path '*/new/*' | wc -l)" = 39 ] || fail 'the deletion did not come down'
find near | sort >before
imap 'STATUS INBOX (MESSAGES UIDNEXT)' >status-before
timeout 200 offlineimap -c rc -o
find near | sort | cmp before -
imap 'STATUS INBOX (MESSAGES UIDNEXT)' | cmp status-before -
