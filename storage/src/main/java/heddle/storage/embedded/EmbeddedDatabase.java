package heddle.storage.embedded;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.embedded.PgBinaryResolver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A PostgreSQL of our own in a directory of our own: what runs when nobody says where the database is. It is as durable as
 * any other: {@code fsync} and {@code synchronous_commit} are on. It listens on loopback, and whoever knows the password may
 * use it, which is who may read the directory.
 */
public final class EmbeddedDatabase implements AutoCloseable {
    /** The major version of the binaries. Another one cannot read the directory. */
    public static final String MAJOR = "18";

    private static final String DATABASE = "database";
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(30);

    private static final PgBinaryResolver BINARIES = EmbeddedDatabase::binaries;

    private final EmbeddedPostgres postgres;
    private final ProcessHandle postmaster;
    private final Address address;
    private final FileChannel lock;
    private volatile boolean closing;

    private EmbeddedDatabase(EmbeddedPostgres postgres, ProcessHandle postmaster, Address address, FileChannel lock) {
        this.postgres = postgres;
        this.postmaster = postmaster;
        this.address = address;
        this.lock = lock;
    }

    /** Where a running database listens, and who may use it. */
    public record Address(String url, String user, String password) {
        private static Address of(int port, String password) {
            return new Address("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", password);
        }

        /** The password is a secret. */
        @Override
        public String toString() {
            return "Address[url=" + url + ", user=" + user + "]";
        }
    }

    /** A directory that this build cannot use; the text is for the operator. */
    public static class UnusableDirectoryException extends IOException {
        private static final long serialVersionUID = 1;

        UnusableDirectoryException(String text) {
            super(text);
        }
    }

    /** Another process uses the directory, or is about to. */
    public static final class DirectoryInUseException extends UnusableDirectoryException {
        private static final long serialVersionUID = 1;

        DirectoryInUseException(Path directory) {
            super(directory + " is in use by another Heddle");
        }
    }

    /** This installation has no PostgreSQL for this kind of machine; the text is for the operator. */
    public static final class NotIncludedException extends IOException {
        private static final long serialVersionUID = 1;

        NotIncludedException(String system, String architecture) {
            super("this installation has no PostgreSQL for " + system + " on " + architecture);
        }
    }

    /**
     * Starts the database of this data directory, making both if need be. One that outlived the server it belonged to is stopped
     * first.
     *
     * @throws DirectoryInUseException when another Heddle runs in the directory
     * @throws UnusableDirectoryException when the directory is of another major version
     * @throws NotIncludedException when there is no PostgreSQL to start
     * @throws IOException when the database does not start
     */
    public static EmbeddedDatabase start(Path directory) throws IOException {
        Path data = directory.resolve(DATABASE);
        checkVersion(data);
        Files.createDirectories(data);
        FileChannel lock = lock(directory);
        try {
            stopOrphan(data);
            var access = PasswordAccess.prepare(directory, data);
            Path binaries =
                    privateDirectory(directory.resolve("postgresql-" + MAJOR)).resolve("unpacked");
            EmbeddedPostgres postgres = start(builder(data, binaries, access));
            access.require(postgres.getPostgresDatabase());
            ProcessHandle postmaster = postmaster(data).orElseThrow().process();
            return new EmbeddedDatabase(postgres, postmaster, Address.of(postgres.getPort(), access.password()), lock);
        } catch (IOException | RuntimeException failed) {
            lock.close();
            throw failed;
        }
    }

    private static FileChannel lock(Path directory) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException sameProcess) {
            // as good as taken by another process
        }
        channel.close();
        throw new DirectoryInUseException(directory);
    }

    private static EmbeddedPostgres start(EmbeddedPostgres.Builder builder) throws IOException {
        try {
            return builder.start();
        } catch (ExceptionInInitializerError unpacking) { // so says the library what went wrong with the binaries
            throw unpacking.getCause() instanceof IOException failed ? failed : new IOException(unpacking.getCause());
        } catch (IOException failed) {
            // An old postmaster that is still a zombie makes the first start fail.
            return builder.start();
        }
    }

    private static InputStream binaries(String system, String architecture) throws IOException {
        try {
            return DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, architecture);
        } catch (IllegalStateException missing) {
            throw new NotIncludedException(system, architecture);
        }
    }

    /** What unpacks the binaries lets everybody write where they are: so nobody else gets there. */
    private static Path privateDirectory(Path directory) throws IOException {
        Files.createDirectories(directory);
        return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    /** The binaries are unpacked beside the data, not in a directory that other programs use. */
    private static EmbeddedPostgres.Builder builder(Path data, Path binaries, PasswordAccess access) {
        return EmbeddedPostgres.builder()
                .setPgBinaryResolver(BINARIES)
                .setDataDirectory(data.toFile())
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false) // commands that run may finish before the database stops
                .setConnectConfig("password", access.password())
                // What is called locale are further options of initdb.
                .setLocaleConfig("auth", "scram-sha-256")
                .setLocaleConfig("pwfile", access.file().toString())
                .setOverrideWorkingDirectory(binaries.toFile())
                .setPGStartupWait(START)
                .setLocaleConfig("locale-provider", "builtin")
                .setLocaleConfig("builtin-locale", "C.UTF-8")
                .setLocaleConfig("locale", "C")
                .setServerConfig("fsync", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("unix_socket_directories", "")
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("max_connections", "200")
                .setServerConfig("shared_buffers", "512MB")
                .setServerConfig("max_wal_size", "4GB")
                .setServerConfig("checkpoint_timeout", "15min");
    }

    private static void checkVersion(Path data) throws IOException {
        Path version = data.resolve("PG_VERSION");
        if (Files.exists(version)) {
            String found = Files.readString(version).strip();
            if (!found.equals(MAJOR)) {
                throw new UnusableDirectoryException(data + " holds a database of PostgreSQL " + found
                        + ", and this Heddle has PostgreSQL " + MAJOR + ": dump it with the old one first");
            }
        }
    }

    /** {@return where the database of this data directory is running, if it is} */
    public static Optional<Address> running(Path directory) throws IOException {
        OptionalInt port = postmaster(directory.resolve(DATABASE))
                .filter(Postmaster::isRunning)
                .map(postmaster -> postmaster.port)
                .orElse(OptionalInt.empty());
        return port.isEmpty()
                ? Optional.empty()
                : Optional.of(Address.of(port.getAsInt(), PasswordAccess.read(directory)));
    }

    private static void stopOrphan(Path data) throws IOException {
        Optional<Postmaster> found = postmaster(data).filter(Postmaster::isRunning);
        if (found.isPresent()) {
            ProcessHandle process = found.get().process();
            // SIGINT would be a fast shutdown; Java can only send SIGTERM, which waits for clients: they are gone.
            process.destroy();
            try {
                process.onExit().get(STOP.toSeconds(), TimeUnit.SECONDS);
            } catch (TimeoutException | java.util.concurrent.ExecutionException | CompletionException slow) {
                process.destroyForcibly();
                process.onExit().join();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while the old database stops", stopped);
            }
        }
    }

    /** What {@code postmaster.pid} says: the process in its first line, the port in its fourth. */
    private record Postmaster(long pid, OptionalInt port) {
        boolean isRunning() {
            return ProcessHandle.of(pid)
                    .filter(ProcessHandle::isAlive)
                    .flatMap(process -> process.info().command())
                    .filter(command -> command.contains("postgres"))
                    .isPresent();
        }

        ProcessHandle process() {
            return ProcessHandle.of(pid).orElseThrow();
        }
    }

    private static Optional<Postmaster> postmaster(Path data) throws IOException {
        Path file = data.resolve("postmaster.pid");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(file);
        try {
            long pid = Long.parseLong(lines.getFirst().strip());
            OptionalInt port = lines.size() > 3
                    ? OptionalInt.of(Integer.parseInt(lines.get(3).strip()))
                    : OptionalInt.empty();
            return Optional.of(new Postmaster(pid, port));
        } catch (NumberFormatException | java.util.NoSuchElementException unreadable) {
            return Optional.empty();
        }
    }

    /** {@return where it listens} */
    public Address address() {
        return address;
    }

    /** Has this done, by a thread of its own, when the database ends without having been closed: killed, say. */
    public void onUnexpectedEnd(Runnable action) {
        Thread.ofVirtual().name("postmaster").start(() -> {
            postmaster.onExit().join();
            if (!closing) {
                action.run();
            }
        });
    }

    @Override
    public void close() throws IOException {
        closing = true;
        try (lock) {
            postgres.close();
        }
    }
}
