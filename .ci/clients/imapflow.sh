# imapflow (npm) on two servers: list, append, search, IDLE, move and QRESYNC.
need node
need npm
npm --prefix "$CHECK_WORK" install --silent --no-audit --no-fund "imapflow@^2.10" >/dev/null 2>"$CHECK_WORK/npm.err" ||
    skip "npm cannot install imapflow: $(head -n 1 "$CHECK_WORK/npm.err")"
cp .ci/imapflow.cjs "$CHECK_WORK/check.cjs"
cd "$CHECK_WORK"
node check.cjs
