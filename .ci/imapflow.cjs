// What a mail application does with imapflow: list, append, search, wait for news in IDLE, flag, move.
const assert = require('node:assert');
const { ImapFlow } = require('imapflow');

const connect = async () => {
    const client = new ImapFlow({
        host: '127.0.0.1',
        port: Number(process.env.CHECK_IMAPS),
        secure: true,
        tls: { rejectUnauthorized: false },
        auth: { user: process.env.CHECK_USER, pass: process.env.CHECK_PASSWORD },
        logger: false,
    });
    await client.connect();
    return client;
};
const message = n => `From: a@example.org\r\nSubject: Gr\u00fc\u00dfe ${n}\r\n\r\nbody ${n}\r\n`;

const main = async () => {
    const client = await connect();
    const boxes = await client.list();
    assert.ok(boxes.some(box => box.specialUse === '\\Sent'), 'no \\Sent');
    await client.mailboxCreate('Büro/日本');
    assert.ok((await client.list()).some(box => box.path === 'Büro/日本'));
    const lock = await client.getMailboxLock('INBOX');
    const first = await client.append('INBOX', message(1), ['\\Seen'], new Date(1700000000000));
    assert.ok(first.uid > 0 && first.uidValidity > 0n);

    // Another connection appends; this one hears of it while it idles.
    const news = new Promise((resolve, reject) => {
        client.once('exists', resolve);
        setTimeout(() => reject(new Error('nothing heard in IDLE')), 20000).unref();
    });
    client.idle().catch(() => {});
    await new Promise(resolve => setTimeout(resolve, 500));
    const other = await connect();
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
};

main().catch(failed => {
    console.error(failed);
    process.exit(1);
});
setTimeout(() => { console.error('too slow'); process.exit(1); }, 120000).unref();
