package heddle.server.config;

import heddle.server.logging.LogFormat;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be configured, checked. {@link Settings} says what each part means and may be.
 *
 * @param dataDirectory of the embedded database, the self-signed certificate and temporary files
 * @param cpuThreads for work of more than a few milliseconds of computing, at least 1
 */
public record ServerConfig(
        Path dataDirectory,
        Database database,
        Listeners listeners,
        Proxy proxy,
        Tls tls,
        Authentication authentication,
        Connections connections,
        Limits limits,
        Timeouts timeouts,
        Shutdown shutdown,
        Pod pod,
        Spool spool,
        Lmtp lmtp,
        Mail mail,
        int cpuThreads,
        Log log) {

    /**
     * Reads the configuration: flags before environment before file before defaults.
     *
     * @param file a YAML file, null when there is none
     * @param environment the variables of the process
     * @param flags setting name → text
     * @throws ConfigException when anything of it is wrong
     */
    public static ServerConfig load(@Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
        var sources = new ConfigSources(file, environment, flags);
        Path data = sources.get(Settings.DATA);
        int cores = Runtime.getRuntime().availableProcessors();
        return new ServerConfig(
                data,
                Database.from(sources, cores),
                new Listeners(
                        orNull(sources.get(Settings.LISTEN_IMAP)),
                        orNull(sources.get(Settings.LISTEN_IMAPS)),
                        orNull(sources.get(Settings.LISTEN_LMTP)),
                        orNull(sources.get(Settings.LISTEN_HTTP))),
                new Proxy(sources.get(Settings.PROXY_NETWORKS).orElse(List.of()), sources.get(Settings.PROXY_TIMEOUT)),
                Tls.from(sources),
                Authentication.from(sources),
                new Connections(
                        sources.get(Settings.CONNECTIONS_TOTAL),
                        sources.get(Settings.CONNECTIONS_PER_ADDRESS),
                        sources.get(Settings.CONNECTIONS_PER_USER)),
                Limits.from(sources),
                Timeouts.from(sources),
                Shutdown.from(sources),
                new Pod(
                        sources.get(Settings.POD_NAME).orElseGet(HostName::find),
                        new Balance(
                                orNull(sources.get(Settings.BALANCE_PERCENT)),
                                sources.get(Settings.BALANCE_RATE),
                                sources.get(Settings.BALANCE_AGE))),
                Spool.from(sources, data),
                new Lmtp(
                        sources.get(Settings.LMTP_RECIPIENTS),
                        sources.get(Settings.LMTP_MESSAGE),
                        sources.get(Settings.LMTP_TIMEOUT),
                        orNull(sources.get(Settings.SUBADDRESS_SEPARATOR))),
                Mail.from(sources),
                sources.get(Settings.CPU_THREADS).orElse(Math.max(1, cores - 1)),
                new Log(
                        sources.get(Settings.LOG_LEVEL),
                        sources.get(Settings.LOG_FORMAT),
                        sources.get(Settings.SLOW_COMMAND)));
    }

    /**
     * The database.
     *
     * @param url null for the embedded one
     * @param poolSize connections of this process
     * @param poolWait how long a command waits for one of them
     * @param timeout how long it waits for a statement
     */
    public record Database(
            @Nullable String url,
            @Nullable String user,
            @Nullable String password,
            int poolSize,
            Duration poolWait,
            Duration timeout) {
        private static Database from(ConfigSources sources, int cores) {
            String password = orNull(sources.get(Settings.DATABASE_PASSWORD));
            Path file = orNull(sources.get(Settings.DATABASE_PASSWORD_FILE));
            if (password != null && file != null) {
                throw new ConfigException(
                        "database.password-file: '%s' is not allowed beside database.password; allowed: one of them"
                                .formatted(file));
            }
            return new Database(
                    orNull(sources.get(Settings.DATABASE_URL)),
                    orNull(sources.get(Settings.DATABASE_USER)),
                    file == null ? password : firstLine(Settings.DATABASE_PASSWORD_FILE, file),
                    sources.get(Settings.POOL_SIZE).orElse(4 * cores),
                    sources.get(Settings.POOL_WAIT),
                    sources.get(Settings.DATABASE_TIMEOUT));
        }

        @Override
        public String toString() {
            return "Database[url=" + url + ", user=" + user + "]";
        }
    }

    /** Where clients are awaited; null where they are not. */
    public record Listeners(
            @Nullable ListenAddress imap,
            @Nullable ListenAddress imaps,
            @Nullable ListenAddress lmtp,
            @Nullable ListenAddress http) {}

    /** Networks whose connections begin with a PROXY header, and how long that may take. */
    public record Proxy(List<IpNetwork> networks, Duration timeout) {
        /** Whether a connection from there begins with a header. */
        public boolean contains(InetAddress balancer) {
            return networks.stream().anyMatch(network -> network.contains(balancer));
        }
    }

    /**
     * The certificate.
     *
     * @param certificate PEM or PKCS #12; null for a self-signed one in the data directory
     * @param key in PEM; null when it is in the certificate's file
     * @param password of the key, null when it has none
     */
    public record Tls(
            @Nullable Path certificate,
            @Nullable Path key,
            @Nullable String password) {
        private static Tls from(ConfigSources sources) {
            Path certificate = orNull(sources.get(Settings.TLS_CERTIFICATE));
            Path key = orNull(sources.get(Settings.TLS_KEY));
            Path passwordFile = orNull(sources.get(Settings.TLS_PASSWORD_FILE));
            if (certificate == null && key != null) {
                throw new ConfigException(
                        "tls.key: '%s' is not allowed without tls.certificate; allowed: both or none".formatted(key));
            }
            String password = passwordFile == null ? null : firstLine(Settings.TLS_PASSWORD_FILE, passwordFile);
            return new Tls(certificate, key, password);
        }

        @Override
        public String toString() {
            return "Tls[certificate=" + certificate + ", key=" + key + "]";
        }
    }

    /**
     * What a log-in may cost and how failed ones are slowed down.
     *
     * @param failuresPerConnection failed log-ins that end a connection
     * @param failuresPerAddress failed log-ins within {@code window} after which an address is refused
     * @param firstDelay before the answer to a first failure; doubled for each further one up to {@code longestDelay}
     */
    public record Authentication(
            PlaintextPolicy plaintext,
            int failuresPerConnection,
            int failuresPerAddress,
            Duration window,
            Duration firstDelay,
            Duration longestDelay) {
        private static Authentication from(ConfigSources sources) {
            return new Authentication(
                    sources.get(Settings.AUTH_PLAINTEXT),
                    sources.get(Settings.FAILURES_PER_CONNECTION),
                    sources.get(Settings.FAILURES_PER_ADDRESS),
                    sources.get(Settings.FAILURES_WINDOW),
                    sources.get(Settings.FAILURE_DELAY),
                    sources.get(Settings.FAILURE_DELAY_MOST));
        }
    }

    /** How many connections there may be at once: to this server, and to all from one address and of one user. */
    public record Connections(int total, int perAddress, int perUser) {}

    /**
     * What one command may be; sizes in bytes. {@code literalMinus}: LITERAL- is offered, not LITERAL+ (RFC 7888).
     * {@code brokenCommands}: how many in a row are not understood.
     */
    public record Limits(
            long lineBeforeLogin,
            long line,
            long literalBeforeLogin,
            long literal,
            long message,
            int arguments,
            int nesting,
            boolean literalMinus,
            int brokenCommands,
            Requests requests) {
        private static Limits from(ConfigSources sources) {
            return new Limits(
                    sources.get(Settings.LINE_BEFORE_LOGIN),
                    sources.get(Settings.LINE),
                    sources.get(Settings.LITERAL_BEFORE_LOGIN),
                    sources.get(Settings.LITERAL),
                    sources.get(Settings.MESSAGE),
                    sources.get(Settings.ARGUMENTS),
                    sources.get(Settings.NESTING),
                    sources.get(Settings.LITERAL_MINUS),
                    sources.get(Settings.BROKEN_COMMANDS),
                    Requests.from(sources));
        }
    }

    /**
     * How much one command may ask for.
     *
     * @param notifyMailboxes so many names, and so many mailboxes, one NOTIFY may be about
     * @param patternLength characters that the patterns of a LIST have together
     * @param modSeqKeys of a SEARCH
     * @param appendMessages of an APPEND
     */
    public record Requests(int notifyMailboxes, int patternLength, int modSeqKeys, int appendMessages) {
        private static Requests from(ConfigSources sources) {
            return new Requests(
                    sources.get(Settings.NOTIFY_MAILBOXES),
                    sources.get(Settings.PATTERN_LENGTH),
                    sources.get(Settings.MODSEQ_KEYS),
                    sources.get(Settings.APPEND_MESSAGES));
        }
    }

    /** How long things may take: the log-in, silence after it, a write, a command before its client hears of it, a handshake. */
    public record Timeouts(Duration login, Duration idle, Duration write, Duration progress, Duration handshake) {
        private static Timeouts from(ConfigSources sources) {
            return new Timeouts(
                    sources.get(Settings.LOGIN_TIMEOUT),
                    sources.get(Settings.IDLE_TIMEOUT),
                    sources.get(Settings.WRITE_TIMEOUT),
                    sources.get(Settings.PROGRESS_INTERVAL),
                    sources.get(Settings.HANDSHAKE_TIMEOUT));
        }
    }

    /**
     * How the server stops.
     *
     * @param delay for which it only says that it is not ready, so that balancers notice
     * @param spread over which idle clients are sent away, after nobody is accepted any more
     * @param grace for all of it, and for what still runs; longer than the two together
     */
    public record Shutdown(Duration delay, Duration spread, Duration grace) {
        private static Shutdown from(ConfigSources sources) {
            var shutdown = new Shutdown(
                    sources.get(Settings.SHUTDOWN_DELAY),
                    sources.get(Settings.SHUTDOWN_SPREAD),
                    sources.get(Settings.SHUTDOWN_GRACE));
            Duration least = shutdown.delay.plus(shutdown.spread);
            if (shutdown.grace.compareTo(least) < 0) {
                throw new ConfigException(
                        "shutdown.grace: '%ds' is too short; allowed: at least shutdown.delay and shutdown.spread together, %ds"
                                .formatted(shutdown.grace.toSeconds(), least.toSeconds()));
            }
            return shutdown;
        }
    }

    /** This server among others on its database. */
    public record Pod(String name, Balance balance) {}

    /**
     * When a server sends clients away that others have more room for.
     *
     * @param percent of the mean number of sessions, which a server may have; null for any number
     * @param rate how many are sent away in a second at most
     * @param age of sessions that can be sent away, at least
     */
    public record Balance(@Nullable Integer percent, int rate, Duration age) {}

    /**
     * Where arriving messages wait until they are stored.
     *
     * @param memory bytes of a message; one that is larger goes to a file
     * @param total bytes of all these files
     * @param directory of these files
     */
    public record Spool(long memory, long total, Path directory) {
        private static final int PARTS = 4;

        /** {@return how many bytes of these files one user may have} */
        public long perUser() {
            return total / PARTS;
        }

        private static Spool from(ConfigSources sources, Path data) {
            var spool = new Spool(
                    sources.get(Settings.SPOOL_MEMORY),
                    sources.get(Settings.SPOOL_TOTAL),
                    sources.get(Settings.SPOOL_DIRECTORY).orElse(data.resolve("spool")));
            long least = Math.max(PARTS * sources.get(Settings.MESSAGE), sources.get(Settings.LMTP_MESSAGE));
            if (spool.total < least) {
                throw new ConfigException(
                        "spool.total: '%dKiB' is too little; allowed: at least four times limits.message, and lmtp.message, %dKiB"
                                .formatted(spool.total >> 10, least >> 10));
            }
            return spool;
        }
    }

    /** Delivery. {@code subaddressSeparator} is one character, null when addresses have no second part. */
    public record Lmtp(
            int recipients,
            long message,
            Duration timeout,
            @Nullable String subaddressSeparator) {}

    /**
     * How mail is kept.
     *
     * @param quota bytes of a new account, null for no limit
     * @param snapshotCache bytes
     * @param messageCache bytes, for envelopes and the like, and again as much for small bodies
     */
    public record Mail(
            @Nullable Long quota,
            Duration journalKeep,
            Duration expungedKeep,
            Duration sweeperInterval,
            long snapshotCache,
            long messageCache) {
        private static Mail from(ConfigSources sources) {
            return new Mail(
                    orNull(sources.get(Settings.QUOTA)),
                    sources.get(Settings.JOURNAL_KEEP),
                    sources.get(Settings.EXPUNGED_KEEP),
                    sources.get(Settings.SWEEPER_INTERVAL),
                    sources.get(Settings.SNAPSHOT_CACHE),
                    sources.get(Settings.MESSAGE_CACHE));
        }
    }

    /** What is logged, and how; a command that takes longer than {@code slowCommand} is. */
    public record Log(LogLevel level, LogFormat format, Duration slowCommand) {}

    private static <T> @Nullable T orNull(Optional<T> value) {
        return value.orElse(null);
    }

    private static String firstLine(Setting<?> setting, Path file) {
        try (var lines = Files.lines(file)) {
            return lines.findFirst().orElse("");
        } catch (IOException | java.io.UncheckedIOException unreadable) {
            throw new ConfigException(
                    "%s: '%s' cannot be read; allowed: %s".formatted(setting.name(), file, setting.allowed()));
        }
    }
}
