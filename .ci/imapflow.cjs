// What a mail application does with imapflow on two servers: list, append, search, wait for news in IDLE, flag, move, and
// come back to a mailbox with what it knows of it (CONDSTORE, QRESYNC).
const assert = require('node:assert');
const { ImapFlow } = require('imapflow');

const [ONE, TWO] = [process.env.CHECK_IMAPS, process.env.CHECK_IMAPS2].map(Number);

const connect = async (port, options) => {
    const client = new ImapFlow({
        ...options,
        host: '127.0.0.1',
        port,
        secure: true,
        tls: { rejectUnauthorized: false },
        auth: { user: process.env.CHECK_USER, pass: process.env.CHECK_PASSWORD },
        logger: false,
    });
    await client.connect();
    return client;
};
const message = n => `From: a@example.org\r\nSubject: Gr\u00fc\u00dfe ${n}\r\n\r\nbody ${n}\r\n`;

/** The next event of this name. */
const event = (client, name) => new Promise((resolve, reject) => {
    client.once(name, resolve);
    setTimeout(() => reject(new Error(`no ${name} heard`)), 20000).unref();
});

const live = async () => {
    const client = await connect(ONE);
    const boxes = await client.list();
    assert.ok(boxes.some(box => box.specialUse === '\\Sent'), 'no \\Sent');
    await client.mailboxCreate('Büro/日本');
    assert.ok((await client.list()).some(box => box.path === 'Büro/日本'));
    const lock = await client.getMailboxLock('INBOX');
    const first = await client.append('INBOX', message(1), ['\\Seen'], new Date(1700000000000));
    assert.ok(first.uid > 0 && first.uidValidity > 0n);

    // On the other server a message is appended; this client hears of it while it idles.
    const news = event(client, 'exists');
    client.idle().catch(() => {});
    await new Promise(resolve => setTimeout(resolve, 500));
    const other = await connect(TWO);
    await other.append('INBOX', message(2), ['$Work']);
    assert.strictEqual((await news).count, 2);

    const { content } = await client.download('1');
    let text = '';
    for await (const chunk of content) text += chunk;
    assert.strictEqual(text, message(1));
    assert.deepStrictEqual(await client.search({ subject: 'Grüße' }), [1, 2]);
    assert.deepStrictEqual(await client.search({ keyword: '$Work' }, { uid: true }), [2]);
    const fetched = await client.fetchOne('2', { envelope: true, bodyStructure: true, flags: true, uid: true });
    assert.ok(fetched.flags.has('$Work'));
    assert.strictEqual(fetched.bodyStructure.type, 'text/plain');
    await client.messageFlagsAdd('1', ['\\Flagged']);
    const moved = await client.messageMove('1:*', 'Büro/日本');
    assert.deepStrictEqual([...moved.uidMap.keys()], [1, 2]);
    assert.strictEqual((await client.status('Büro/日本', { messages: true })).messages, 2);
    assert.strictEqual(client.mailbox.exists, 0);
    lock.release();
    await other.logout();
    await client.logout();
    console.log('listed, appended, heard of it on the other server in IDLE, searched, fetched, flagged, moved');
};

/** One client leaves with what it knows, another changes things on the other server, and the first comes back. */
const resync = async () => {
    const other = await connect(TWO);
    await other.mailboxCreate('Resync');
    for (let n = 1; n <= 5; n++) await other.append('Resync', message(n));
    const away = await connect(ONE, { qresync: true });
    const known = await away.mailboxOpen('Resync');
    assert.strictEqual(known.exists, 5);
    assert.ok(known.highestModseq > 0n);
    await away.logout();

    await other.mailboxOpen('Resync');
    await other.messageFlagsAdd('2', ['\\Flagged'], { uid: true });
    await other.messageDelete('4', { uid: true });
    await other.append('Resync', message(6));

    const back = await connect(ONE, { qresync: true });
    assert.ok(back.enabled.has('QRESYNC'));
    const flagged = [], gone = [];
    back.on('flags', change => flagged.push([change.uid, [...change.flags].filter(flag => flag !== '\\Recent')]));
    back.on('expunge', change => gone.push(change.uid));
    const box = await back.mailboxOpen('Resync', { changedSince: known.highestModseq, uidValidity: known.uidValidity });
    assert.strictEqual(box.exists, 5);
    assert.deepStrictEqual(gone, [4]);
    assert.deepStrictEqual(flagged, [[2, ['\\Flagged']], [6, []]]);
    const changed = [];
    for await (const each of back.fetch('1:*', { uid: true, flags: true }, { changedSince: known.highestModseq })) {
        changed.push(each.uid);
        assert.ok(each.modseq > known.highestModseq);
    }
    assert.deepStrictEqual(changed, [2, 6]);

    // And while it is there.
    const expunged = event(back, 'expunge');
    back.idle().catch(() => {});
    await other.messageDelete('1', { uid: true });
    assert.deepStrictEqual([(await expunged).uid, back.mailbox.exists], [1, 4]);
    await other.logout();
    await back.logout();
    console.log('came back to a mailbox that was changed on the other server: one gone, one flagged, one new, no more told');
};

live().then(resync).catch(failed => {
    console.error(failed);
    process.exit(1);
});
setTimeout(() => { console.error('too slow'); process.exit(1); }, 120000).unref();
