# Postfix, with a configuration and a queue of its own, delivers over LMTP what it took over SMTP.
need postfix
need swaks
[ "$(id -u)" -eq 0 ] || skip 'Postfix starts for root only'
id postfix >/dev/null 2>&1 || skip 'there is no user postfix'
# Its queue is used by daemons that are not root.
base=$(mktemp -d /var/tmp/heddle-postfix.XXXXXX)
chmod 755 "$base"
stop() {
    postfix -c "$base/etc" stop >/dev/null 2>&1 || true
    rm -rf "$base"
}
trap stop EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -p "$base/etc" "$base/queue" "$base/data"
chown postfix "$base/data"
cat >"$base/etc/main.cf" <<CONFIG
compatibility_level = 3.6
queue_directory = $base/queue
data_directory = $base/data
maillog_file = $base/log
maillog_file_prefixes = $base
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mta.example.org
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
virtual_mailbox_domains = example.org
virtual_transport = lmtp:inet:127.0.0.1:$CHECK_LMTP
CONFIG
sed "s/^smtp  *inet.*/127.0.0.1:$port inet n - n - - smtpd/; s/^\([a-z].* \)y\( *[-0-9?]* *[-0-9]* *[a-z]*\)/\1n\2/" \
    /usr/share/postfix/master.cf.dist >"$base/etc/master.cf" 2>/dev/null ||
    skip 'no /usr/share/postfix/master.cf.dist'
grep -q '^postlog' "$base/etc/master.cf" || echo 'postlog unix-dgram n - n - 1 postlogd' >>"$base/etc/master.cf"
timeout 60 postfix -c "$base/etc" start || { cat "$base/log" || true; skip 'Postfix does not start here'; }
for number in 1 2 3 4 5; do
    swaks --silent 2 --server 127.0.0.1 --port "$port" --from bob@example.org --to "$CHECK_USER@example.org" \
        --header "Subject: letter $number" --body "Line one
.a line with a dot
..two dots
number $number"
done
for second in $(seq 60); do
    [ "$(messages INBOX)" = 5 ] && break
    sleep 1
done
[ "$(messages INBOX)" = 5 ] || { cat "$base/log"; fail 'the mail did not come'; }
for uid in 1 2 3 4 5; do
    curl -sS -u "$CHECK_USER:$CHECK_PASSWORD" "$url/INBOX;UID=$uid" | tr -d '\r' >"$CHECK_WORK/$uid"
    grep -qx '\.a line with a dot' "$CHECK_WORK/$uid" && grep -qx '\.\.two dots' "$CHECK_WORK/$uid" || fail 'dots'
done
sort -u "$CHECK_WORK"/[1-5] | grep -c '^number ' | grep -qx 5 || fail 'one of each'
# Who is not known is bounced, not kept in the queue.
swaks --silent 2 --server 127.0.0.1 --port "$port" --from '<>' --to nobody-here@example.org --body x
for second in $(seq 30); do
    grep -q 'nobody-here.*status=bounced' "$base/log" && break
    sleep 1
done
grep -q 'nobody-here.*status=bounced' "$base/log" || { cat "$base/log"; fail 'no bounce'; }
