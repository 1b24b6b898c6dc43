# openssl s_client: what is spoken after the handshake, and that nothing sent before it counts.
need openssl
talk() {
    (printf 'a LOGIN %s %s\r\nb SELECT INBOX\r\nc LOGOUT\r\n' "$CHECK_USER" "$CHECK_PASSWORD"; sleep 2) |
        timeout 20 openssl s_client -quiet -no_ign_eof "$@" 2>/dev/null || true
}
for version in -tls1_2 -tls1_3; do
    talk -connect "127.0.0.1:$CHECK_IMAPS" $version | grep -q '^c OK' || fail "IMAPS with $version"
    talk -connect "127.0.0.1:$CHECK_IMAP" -starttls imap $version | grep -q '^c OK' || fail "STARTTLS with $version"
done
! openssl s_client -connect "127.0.0.1:$CHECK_IMAPS" -tls1_1 -cipher 'ALL:@SECLEVEL=0' </dev/null >/dev/null 2>&1 ||
    fail 'TLS 1.1 is spoken'
