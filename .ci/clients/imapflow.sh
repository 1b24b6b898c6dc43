# imapflow (npm): list, append, search, IDLE and move.
need node
need npm
npm --prefix "$HEDDLE_WORK" install --silent --no-audit --no-fund "imapflow@^2.10" >/dev/null 2>"$HEDDLE_WORK/npm.err" ||
    skip "npm cannot install imapflow: $(head -n 1 "$HEDDLE_WORK/npm.err")"
cp .ci/imapflow.cjs "$HEDDLE_WORK/check.cjs"
cd "$HEDDLE_WORK"
node check.cjs
