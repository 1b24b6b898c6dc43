# curl: plain, STARTTLS and IMAPS; the server's own certificate is checked.
need curl
cd "$CHECK_WORK"
printf 'From: a@example.org\r\nSubject: by curl\r\n\r\nG\303\266del, Escher, Bach\r\n' >sent.eml
certificate=$CHECK_DATA/tls/certificate.pem
user=$CHECK_USER:$CHECK_PASSWORD

imap 'LIST "" "*"' | tee list.txt
grep -q 'INBOX' list.txt && grep -q '\\Sent' list.txt || fail 'LIST'
curl -sS -u "$user" "$url/INBOX" -T sent.eml
curl -sS -u "$user" "$url/INBOX;UID=1" -o got.eml
cmp sent.eml got.eml
imap 'UID SEARCH CHARSET UTF-8 BODY Escher' INBOX | grep -q '^\* SEARCH 1' || fail 'SEARCH finds the message'
imap 'UID SEARCH SUBJECT nothing' INBOX | tr -d '\r' | grep -qx '\* SEARCH' || fail 'SEARCH finds nothing'
imap 'FETCH 1:* (UID FLAGS)' INBOX | grep -q 'UID 1' || fail 'FETCH'
curl -sS --ssl-reqd --cacert "$certificate" -u "$user" --resolve "localhost:$CHECK_IMAP:127.0.0.1" \
    "imap://localhost:$CHECK_IMAP/INBOX;UID=1" -o starttls.eml
cmp sent.eml starttls.eml
curl -sS --cacert "$certificate" -u "$user" --resolve "localhost:$CHECK_IMAPS:127.0.0.1" \
    "imaps://localhost:$CHECK_IMAPS/INBOX;UID=1" -o imaps.eml
cmp sent.eml imaps.eml
! curl -sS -u "$CHECK_USER:wrong" "$url/INBOX" -X NOOP || fail 'a wrong password is taken'
curl -sS -f "http://127.0.0.1:$CHECK_HTTP/health/ready" | grep -q UP || fail 'readiness'
curl -sS -f "http://127.0.0.1:$CHECK_HTTP/metrics" | grep -q '^heddle_command_duration' || fail 'metrics'
