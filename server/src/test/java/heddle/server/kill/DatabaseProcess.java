package heddle.server.kill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A database that is stopped, started and promoted from outside. */
public final class DatabaseProcess {
    private final Path data;
    private final Path program;

    private DatabaseProcess(Path data, Path program) {
        this.data = data;
        this.program = program;
    }

    /** {@return the one that runs in this directory} */
    public static DatabaseProcess in(Path directory) throws IOException {
        Path data = directory.resolve("database");
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).getFirst().strip());
        String postgres = ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .orElseThrow(() -> new IOException("no database runs in " + directory));
        return new DatabaseProcess(data, Path.of(postgres).resolveSibling("pg_ctl"));
    }

    /** {@return one with these files, run by the programs of this one} */
    public DatabaseProcess with(Path files) {
        return new DatabaseProcess(files, program);
    }

    /** {@return where its files are} */
    public Path data() {
        return data;
    }

    /** Ends all its connections and stops it, with nothing left to recover. */
    public void stop() throws IOException, InterruptedException {
        control("stop", "-m", "fast");
    }

    /** Starts it as it was started before; one that runs is stopped first. */
    public void restart() throws IOException, InterruptedException {
        control("restart", "-m", "fast");
    }

    /**
     * Starts it at this port of loopback, small. It takes as many connections as the embedded one: a standby that takes fewer
     * than what it copies does not start.
     */
    public void start(int port) throws IOException, InterruptedException {
        control(
                "start",
                "-o",
                "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=32MB"
                        + " -c max_connections=200");
    }

    /** Ends it as a crash does. */
    public void kill() throws IOException, InterruptedException {
        control("stop", "-m", "immediate");
    }

    /** Makes a standby the primary. */
    public void promote() throws IOException, InterruptedException {
        control("promote");
    }

    /** Lets none of its processes go on, or all of them again. */
    public void pause(boolean paused) throws IOException, InterruptedException {
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).getFirst().strip());
        var command = new ArrayList<>(List.of("kill", paused ? "-STOP" : "-CONT", String.valueOf(pid)));
        ProcessHandle.of(pid).orElseThrow().descendants().forEach(child -> command.add(String.valueOf(child.pid())));
        new ProcessBuilder(command).start().waitFor();
    }

    /** PostgreSQL refuses to run as root, and in a user namespace nobody is. */
    private void control(String... what) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("unshare", "-U"));
        }
        Path log = data.resolveSibling("pg_ctl.log");
        command.addAll(List.of(program.toString(), "-w", "-D", data.toString(), "-l", log.toString()));
        command.addAll(Arrays.asList(what));
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + code + ": " + Files.readString(log));
        }
    }
}
