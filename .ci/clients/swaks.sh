# swaks: delivery over LMTP, into the mailbox of a sub-address too, and refusal of who is not known.
need swaks
need curl
deliver() {
    swaks --silent 2 --protocol LMTP --server 127.0.0.1 --port "$CHECK_LMTP" --from bob@example.org \
        --header "Subject: by swaks" --body 'Shuttle and warp' "$@"
}
deliver --to "$CHECK_USER@example.org"
deliver --to "$CHECK_USER+Archive@example.org"
! deliver --to nobody-here@example.org || fail 'an unknown recipient is taken'
[ "$(messages INBOX)" = 1 ] || fail 'INBOX'
[ "$(messages Archive)" = 1 ] || fail 'Archive'
curl -sS -u "$CHECK_USER:$CHECK_PASSWORD" "$url/INBOX;UID=1" | tee "$CHECK_WORK/got.eml" | grep -q '^Shuttle and warp' ||
    fail 'the body'
grep -qi '^Return-Path: <bob@example.org>' "$CHECK_WORK/got.eml" || fail 'Return-Path'
grep -qi '^Delivered-To:' "$CHECK_WORK/got.eml" || fail 'Delivered-To'
