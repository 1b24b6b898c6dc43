package heddle.server.config;

import static heddle.server.config.ValueType.address;
import static heddle.server.config.ValueType.count;
import static heddle.server.config.ValueType.duration;
import static heddle.server.config.ValueType.networks;
import static heddle.server.config.ValueType.oneOf;
import static heddle.server.config.ValueType.orWord;
import static heddle.server.config.ValueType.path;
import static heddle.server.config.ValueType.size;
import static heddle.server.config.ValueType.text;
import static heddle.server.config.ValueType.yesOrNo;

import heddle.server.logging.LogFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Every setting there is, in the order of the README's table. */
public final class Settings {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<Path> DATA = setting(
            "data",
            path(),
            "~/.local/share/heddle",
            "Directory of the embedded database, the self-signed certificate and temporary files.");

    static final Setting<Optional<String>> DATABASE_URL = setting(
            "database.url",
            orWord("embedded", text("jdbc:postgresql:…", "jdbc:postgresql:([^/?].*|//[^/?]*/.*)")),
            "embedded",
            "PostgreSQL 15 to 18 to keep everything in, instead of the embedded one.");
    static final Setting<Optional<String>> DATABASE_USER =
            setting("database.user", orWord("", text()), "", "User to connect as.");
    static final Setting<Optional<String>> DATABASE_PASSWORD =
            setting("database.password", orWord("", text()), "", "Password of that user.");
    static final Setting<Optional<Path>> DATABASE_PASSWORD_FILE =
            setting("database.password-file", orWord("", path()), "", "File whose first line is that password.");
    static final Setting<Optional<Integer>> POOL_SIZE = setting(
            "database.pool.size",
            orWord("auto", count(2, 1_000)),
            "auto",
            "Database connections of this process; `auto` is four per core.");
    static final Setting<Duration> POOL_WAIT = setting(
            "database.pool.wait",
            duration("100ms", "5m"),
            "5s",
            "How long a command waits for its turn before it is refused as UNAVAILABLE, and then as long again should a connection have to be opened.");
    static final Setting<Duration> DATABASE_TIMEOUT = setting(
            "database.timeout",
            duration("1s", "10m"),
            "30s",
            "How long a statement of it may take before it is refused so; a sixth of that for a lock.");

    static final Setting<Optional<ListenAddress>> LISTEN_IMAP =
            listener("listen.imap", "127.0.0.1:1143", "IMAP, with STARTTLS.");
    static final Setting<Optional<ListenAddress>> LISTEN_IMAPS =
            listener("listen.imaps", "127.0.0.1:1993", "IMAP over TLS from the first byte.");
    static final Setting<Optional<ListenAddress>> LISTEN_LMTP =
            listener("listen.lmtp", "127.0.0.1:1024", "LMTP, for the mail transfer agent that delivers.");
    static final Setting<Optional<ListenAddress>> LISTEN_HTTP = listener(
            "listen.http",
            "127.0.0.1:8080",
            "HTTP: metrics and health for everybody who can connect; sessions and servers, to be listed and ended, for this machine only.");

    static final Setting<Optional<List<IpNetwork>>> PROXY_NETWORKS = setting(
            "proxy.networks",
            orWord("off", networks()),
            "off",
            "Balancers: what they connect to for mail begins with a PROXY header (version 1 or 2), which is refused from elsewhere.");
    static final Setting<Duration> PROXY_TIMEOUT =
            setting("proxy.timeout", duration("1s", "1m"), "5s", "How long that header may take.");

    static final Setting<Optional<Path>> TLS_CERTIFICATE = setting(
            "tls.certificate",
            orWord("self-signed", path()),
            "self-signed",
            "Certificate chain in PEM, or certificate and key in PKCS #12 (`.p12`, `.pfx`); read again when it changes.");
    static final Setting<Optional<Path>> TLS_KEY = setting(
            "tls.key",
            orWord("", path()),
            "",
            "Private key in PEM: PKCS #8, or of an elliptic curve without password as it is (`EC PRIVATE KEY`);"
                    + " empty when it is in the certificate's file.");
    static final Setting<Optional<Path>> TLS_PASSWORD_FILE =
            setting("tls.password-file", orWord("", path()), "", "File whose first line is the password of that key.");

    static final Setting<PlaintextPolicy> AUTH_PLAINTEXT = setting(
            "auth.plaintext",
            oneOf(PlaintextPolicy.class),
            "loopback",
            "From where passwords are accepted without TLS.");
    static final Setting<Integer> FAILURES_PER_CONNECTION =
            setting("auth.failures.per-connection", count(1, 1_000), "5", "Failed log-ins that end a connection.");
    static final Setting<Integer> FAILURES_PER_ADDRESS = setting(
            "auth.failures.per-address",
            count(1, 1_000_000),
            "50",
            "Failed log-ins within the window, across all servers, after which an address is refused.");
    static final Setting<Duration> FAILURES_WINDOW =
            setting("auth.failures.window", duration("1s", "7d"), "10m", "How long a failed log-in counts.");
    static final Setting<Duration> FAILURE_DELAY = setting(
            "auth.failures.delay",
            duration("0s", "1m"),
            "500ms",
            "How long the answer to a first failed log-in is held back; doubled for each further one.");
    static final Setting<Duration> FAILURE_DELAY_MOST =
            setting("auth.failures.delay-most", duration("0s", "5m"), "15s", "The longest such delay.");

    static final Setting<Integer> CONNECTIONS_TOTAL =
            setting("connections.total", count(1, 10_000_000), "20000", "Connections to this process at once.");
    static final Setting<Integer> CONNECTIONS_PER_ADDRESS = setting(
            "connections.per-address",
            count(1, 10_000_000),
            "1000",
            "Connections from one address at once, across all servers; this machine's own addresses are not limited.");
    static final Setting<Integer> CONNECTIONS_PER_USER = setting(
            "connections.per-user",
            count(1, 10_000_000),
            "100",
            "Logged-in connections of one user at once, across all servers.");

    static final Setting<Long> LINE_BEFORE_LOGIN = setting(
            "limits.line.before-login",
            size("1KiB", "1MiB"),
            "8KiB",
            "Longest command line before log-in; a longer one is skipped.");
    static final Setting<Long> LINE = setting(
            "limits.line.after-login",
            size("8KiB", "16MiB"),
            "64KiB",
            "Longest command line after log-in; a longer one is skipped.");
    static final Setting<Long> LITERAL_BEFORE_LOGIN =
            setting("limits.literal.before-login", size("64", "1MiB"), "4KiB", "Largest literal before log-in.");
    static final Setting<Long> LITERAL = setting(
            "limits.literal.after-login",
            size("1KiB", "64MiB"),
            "256KiB",
            "Largest literal after log-in that is not a message.");
    static final Setting<Long> MESSAGE = setting(
            "limits.message", size("64KiB", "2047MiB"), "64MiB", "Largest message that APPEND takes (APPENDLIMIT).");
    static final Setting<Integer> ARGUMENTS =
            setting("limits.arguments", count(16, 1_000_000), "10000", "Most elements in one command.");
    static final Setting<Integer> NESTING =
            setting("limits.nesting", count(4, 1_000), "50", "Deepest parentheses in one command.");
    static final Setting<Integer> NOTIFY_MAILBOXES = setting(
            "limits.notify",
            count(1, 1_000_000),
            "1000",
            "Most mailboxes, names and subscriptions that one NOTIFY is told of; beyond them it gets NOTIFICATIONOVERFLOW.");
    static final Setting<Integer> PATTERN_LENGTH = setting(
            "limits.pattern-length",
            count(100, 1_000_000),
            "10000",
            "Most characters that all patterns of a LIST have together, the reference before each counted: each name is compared with them.");
    static final Setting<Integer> MODSEQ_KEYS = setting(
            "limits.modseq-keys", count(1, 1_000), "16", "Most MODSEQ keys of a SEARCH: each visits every message.");
    static final Setting<Integer> APPEND_MESSAGES =
            setting("limits.append-messages", count(1, 100_000), "1000", "Most messages of one APPEND (MULTIAPPEND).");
    static final Setting<Integer> BROKEN_COMMANDS = setting(
            "limits.broken-commands",
            count(0, 1_000_000),
            "50",
            "How many commands in a row a client may send that are not understood, by IMAP or LMTP; with the next the connection is closed.");
    static final Setting<Boolean> LITERAL_MINUS = setting(
            "imap.literal-minus",
            yesOrNo(),
            "false",
            "Offers LITERAL- instead of LITERAL+: literals over 4096 bytes wait for leave (RFC 7888).");

    static final Setting<Duration> LOGIN_TIMEOUT =
            setting("login.timeout", duration("1s", "1h"), "60s", "How long a connection may stay without log-in.");
    static final Setting<Duration> IDLE_TIMEOUT = setting(
            "idle.timeout",
            duration("30m", "7d"),
            "30m",
            "How long a logged-in client may be silent (RFC 3501 §5.4: at least 30 minutes).");
    static final Setting<Duration> WRITE_TIMEOUT = setting(
            "write.timeout",
            duration("1s", "1h"),
            "60s",
            "How long 32 KiB of an answer may take to leave before the connection is closed.");
    static final Setting<Duration> PROGRESS_INTERVAL = setting(
            "progress.interval",
            duration("10ms", "10m"),
            "10s",
            "How often a client that waits for a long command is told that it goes on (RFC 9585).");
    static final Setting<Duration> HANDSHAKE_TIMEOUT =
            setting("handshake.timeout", duration("1s", "5m"), "20s", "How long a TLS handshake may take.");
    static final Setting<Duration> SHUTDOWN_DELAY = setting(
            "shutdown.delay",
            duration("0s", "1h"),
            "0s",
            "How long a stopping server, which is not ready any more, still takes clients: until balancers have noticed.");
    static final Setting<Duration> SHUTDOWN_SPREAD = setting(
            "shutdown.spread",
            duration("0s", "1h"),
            "0s",
            "Over how long idle clients are sent away after that, at a level rate.");
    static final Setting<Duration> SHUTDOWN_GRACE = setting(
            "shutdown.grace",
            duration("0s", "3h"),
            "10s",
            "How long all of it may take, and commands that run; then they are cut off.");

    static final Setting<Optional<String>> POD_NAME = setting(
            "pod.name",
            orWord("auto", text("up to 63 letters, digits, dots and hyphens", "[A-Za-z0-9.-]{1,63}")),
            "auto",
            "What this server is called where servers are listed; `auto` is the host's name.");
    static final Setting<Optional<Integer>> BALANCE_PERCENT = setting(
            "balance.percent",
            orWord("off", count(101, 1_000)),
            "off",
            "How many sessions a server may have, in percent of the mean of all servers; idle ones above that are ended, so that their clients come to a server with more room. For servers behind a balancer that gives new connections to whoever has the fewest.");
    static final Setting<Integer> BALANCE_RATE =
            setting("balance.rate", count(1, 1_000), "10", "How many of these are ended in a second at most.");
    static final Setting<Duration> BALANCE_AGE = setting(
            "balance.age",
            duration("1s", "1d"),
            "1m",
            "How long a session has been there before it is one of these, and another server before it counts.");

    static final Setting<Long> SPOOL_MEMORY = setting(
            "spool.memory",
            size("4KiB", "64MiB"),
            "64KiB",
            "How much of an arriving message, or of all messages of one APPEND, is held in memory before it goes to temporary files.");
    static final Setting<Long> SPOOL_TOTAL = setting(
            "spool.total",
            size("256KiB", "1048576GiB"),
            "6GiB",
            "How large these files may be together, and a quarter of it those of one user; beyond that messages are refused for the time being. At least four times `limits.message`, and `lmtp.message`.");
    static final Setting<Optional<Path>> SPOOL_DIRECTORY = setting(
            "spool.directory",
            orWord("auto", path()),
            "auto",
            "Directory of these temporary files; `auto` is `spool` in the data directory.");

    static final Setting<Integer> LMTP_RECIPIENTS =
            setting("lmtp.recipients", count(100, 100_000), "1000", "Most recipients of one delivery.");
    static final Setting<Long> LMTP_MESSAGE =
            setting("lmtp.message", size("64KiB", "2047MiB"), "64MiB", "Largest message that is delivered (SIZE).");
    static final Setting<Duration> LMTP_TIMEOUT = setting(
            "lmtp.timeout",
            duration("1s", "1h"),
            "5m",
            "How long a mail transfer agent may be silent (RFC 5321 §4.5.3.2.7: at least 5 minutes).");
    static final Setting<Optional<String>> SUBADDRESS_SEPARATOR = setting(
            "lmtp.subaddress-separator",
            orWord("off", text("one of + - = # . _", "[-+=#._]")),
            "+",
            "What separates the user from the mailbox in `user+mailbox@domain`.");

    public static final Setting<Optional<Long>> QUOTA =
            setting("quota.default", orWord("off", size("1MiB", "1048576GiB")), "off", "Storage of a new account.");
    static final Setting<Duration> JOURNAL_KEEP = setting(
            "journal.keep",
            duration("1m", "3650d"),
            "30d",
            "How long the journal of changes is kept; a client away for longer resynchronises in full.");
    static final Setting<Duration> EXPUNGED_KEEP = setting(
            "expunged.keep",
            duration("1m", "3650d"),
            "1d",
            "How long an expunged message stays readable for sessions that have not been told (RFC 2180).");
    static final Setting<Duration> SWEEPER_INTERVAL =
            setting("sweeper.interval", duration("1s", "7d"), "10m", "How often what nobody needs is swept.");
    static final Setting<Long> SNAPSHOT_CACHE = setting(
            "snapshot.cache", size("1MiB", "64GiB"), "64MiB", "Memory for the mailbox views that sessions share.");
    static final Setting<Long> MESSAGE_CACHE = setting(
            "message.cache",
            size("1MiB", "64GiB"),
            "64MiB",
            "Memory for envelopes and the like that were read lately, and again as much for small bodies.");
    static final Setting<Optional<Integer>> CPU_THREADS = setting(
            "cpu.threads",
            orWord("auto", count(1, 1_000)),
            "auto",
            "Threads for password hashing, MIME parsing and text search; `auto` is the number of cores less one.");
    static final Setting<LogLevel> LOG_LEVEL =
            setting("log.level", oneOf(LogLevel.class), "info", "How much is logged to standard error.");
    static final Setting<LogFormat> LOG_FORMAT = setting(
            "log.format", oneOf(LogFormat.class), "text", "How: lines for people, or a JSON object in each line.");
    static final Setting<Duration> SLOW_COMMAND = setting(
            "log.slow-command",
            duration("1ms", "1d"),
            "1s",
            "A command that takes longer is logged, with the time it had the database for; IDLE is not.");

    private Settings() {}

    /** {@return every setting, in the order of the README's table} */
    public static List<Setting<?>> all() {
        return List.copyOf(ALL);
    }

    private static Setting<Optional<ListenAddress>> listener(String name, String fallback, String meaning) {
        return setting(name, orWord("off", address()), fallback, meaning);
    }

    private static <T> Setting<T> setting(String name, ValueType<T> type, String fallback, String meaning) {
        var setting = new Setting<>(name, type, fallback, meaning);
        ALL.add(setting);
        return setting;
    }
}
