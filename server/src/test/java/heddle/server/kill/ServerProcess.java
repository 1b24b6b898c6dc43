package heddle.server.kill;

import heddle.server.Main;
import heddle.storage.StorageConfig;
import heddle.storage.embedded.EmbeddedDatabase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server in a process of its own that can be killed. */
public final class ServerProcess {
    private static final Duration STOP = Duration.ofSeconds(60);

    private static final String SCRIPT = """
            #!/bin/sh
            %s
            exec '%s/bin/java' --enable-native-access=ALL-UNNAMED %s -cp '%s' %s "$@"
            """;

    private static final Map<String, String> IMAP_ALONE = Map.of(
            "HEDDLE_LISTEN_IMAP", "127.0.0.1:0",
            "HEDDLE_LISTEN_IMAPS", "off",
            "HEDDLE_LISTEN_LMTP", "off",
            "HEDDLE_LISTEN_HTTP", "off");

    private final Process process;
    private final Path data;
    private final int port;

    private ServerProcess(Process process, Path data, int port) {
        this.process = process;
        this.data = data;
        this.port = port;
    }

    /** Writes a start script for the classes of this test. {@return it} */
    public static Path script(Path directory) throws IOException {
        return script(directory, "", "", Main.class);
    }

    /**
     * Writes a start script for the classes of this test.
     *
     * @param before a command of the shell
     * @param options of the virtual machine
     * @param main what is started
     * @return the script
     */
    public static Path script(Path directory, String before, String options, Class<?> main) throws IOException {
        Path script = Files.writeString(
                directory.resolve("server"),
                SCRIPT.formatted(
                        before,
                        System.getProperty("java.home"),
                        options,
                        System.getProperty("java.class.path"),
                        main.getName()));
        script.toFile().setExecutable(true);
        return script;
    }

    /** {@return the settings of a server on this database} */
    public static Map<String, String> on(StorageConfig database) {
        return Map.of(
                "HEDDLE_DATABASE_URL", database.url(),
                "HEDDLE_DATABASE_USER", database.user(),
                "HEDDLE_DATABASE_PASSWORD", Objects.requireNonNullElse(database.password(), ""));
    }

    /**
     * Starts it; when this returns, it serves IMAP. Without other settings it has an embedded database, and listens for
     * nothing else.
     *
     * @param settings variables of its environment
     */
    public static ServerProcess start(Path script, Path data, Map<String, String> settings) throws IOException {
        Process process = begin(script, data, settings);
        var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        var said = new StringBuilder();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("  imap ")) {
                return new ServerProcess(process, data, Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)));
            }
            said.append(line).append('\n');
        }
        throw new IOException(
                "the server did not start: " + said + Files.readString(data.resolveSibling("server.log")));
    }

    /** Begins to start one like {@link #start}. {@return its process} */
    public static Process begin(Path script, Path data, Map<String, String> settings) throws IOException {
        var builder = new ProcessBuilder(script.toString(), "serve", "--data", data.toString())
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        data.resolveSibling("server.log").toFile()));
        builder.environment().putAll(IMAP_ALONE);
        builder.environment().putAll(settings);
        return builder.start();
    }

    public int port() {
        return port;
    }

    /** {@return where its database listens} */
    EmbeddedDatabase.Address database() throws IOException {
        return EmbeddedDatabase.running(data).orElseThrow(() -> new IOException("the database does not run"));
    }

    /** {@code kill -9} of the Java process; an embedded database lives on as an orphan. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Stops all its threads, as a machine does that sleeps, until {@link #resume}. */
    public void pause() throws IOException, InterruptedException {
        signal("STOP");
    }

    public void resume() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    /** {@code kill -9} of all processes of the database. */
    void killDatabase() throws IOException {
        long pid = Long.parseLong(Files.readAllLines(data.resolve("database/postmaster.pid"))
                .getFirst()
                .strip());
        ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
        var all = new ArrayList<>(List.of(postmaster));
        postmaster.descendants().forEach(all::add);
        all.forEach(ProcessHandle::destroyForcibly);
    }

    /** SIGTERM. {@return the exit code} */
    public int stop() throws IOException {
        return stop(STOP);
    }

    /**
     * SIGTERM, and SIGKILL after that time.
     *
     * @return the exit code
     * @throws IOException when it had to be killed
     */
    public int stop(Duration patience) throws IOException {
        process.destroy();
        return awaitEnd(patience);
    }

    /** Waits until it has ended by itself. {@return the exit code} */
    int awaitEnd() throws IOException {
        return awaitEnd(STOP);
    }

    private int awaitEnd(Duration patience) throws IOException {
        try {
            return process.onExit().get(patience.toSeconds(), TimeUnit.SECONDS).exitValue();
        } catch (TimeoutException slow) {
            process.destroyForcibly();
            throw new IOException("the server did not stop within " + patience, slow);
        } catch (InterruptedException | java.util.concurrent.ExecutionException failed) {
            throw new IOException(failed);
        }
    }
}
