package heddle.server.balancer;

import heddle.server.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** HAProxy with the configuration of the manifests, except that it listens on loopback and knows its servers by address. */
public final class Haproxy implements AutoCloseable {
    /** Where a server behind it listens. */
    public record Server(int imap, int imaps, int lmtp, int http) {
        /** {@return ports of loopback where nobody listens} */
        public static Server onFreePorts() {
            return new Server(freePort(), freePort(), freePort(), freePort());
        }

        /** {@return what tells a server to listen there, as variables of its environment} */
        public Map<String, String> settings() {
            return Map.of(
                    "HEDDLE_LISTEN_IMAP", "127.0.0.1:" + imap,
                    "HEDDLE_LISTEN_IMAPS", "127.0.0.1:" + imaps,
                    "HEDDLE_LISTEN_LMTP", "127.0.0.1:" + lmtp,
                    "HEDDLE_LISTEN_HTTP", "127.0.0.1:" + http);
        }

        private int portFor(int listed) {
            return switch (listed) {
                case IMAP -> imap;
                case IMAPS -> imaps;
                case LMTP -> lmtp;
                default -> throw new IllegalArgumentException("nothing listens at " + listed + " in the manifests");
            };
        }
    }

    /** The ports of the manifests. */
    public static final int IMAP = 1143;

    public static final int IMAPS = 1993;
    public static final int LMTP = 1024;

    private static final int OBSERVE = 8405;
    private static final Pattern BIND = Pattern.compile("bind :(\\d+)");
    private static final Pattern SERVERS = Pattern.compile("server-template (\\w+) \\d+ \"\\S+:(\\d+)\"");

    /** Below those that the kernel gives to clients, so that a server that was stopped finds its port free again. */
    private static final int FIRST_PORT = 20_000;

    private static final int PORTS = 12_000;

    private final Process process;
    private final Path log;
    private final Map<Integer, Integer> ports;
    private final HttpClient http = HttpClient.newHttpClient();

    private Haproxy(Process process, Path log, Map<Integer, Integer> ports) {
        this.process = process;
        this.log = log;
        this.ports = ports;
    }

    /**
     * Lets it stand before servers until the input ends, for benchmarks. Arguments: the configuration, a directory for its
     * files, and for each server where it listens for IMAP, IMAPS, LMTP and HTTP: {@code 1143:1993:1024:8080}.
     */
    public static void main(String[] arguments) throws IOException {
        List<Server> servers = Stream.of(arguments)
                .skip(2)
                .map(ports -> Stream.of(ports.split(":")).map(Integer::valueOf).toList())
                .map(ports -> new Server(ports.get(0), ports.get(1), ports.get(2), ports.get(3)))
                .toList();
        try (Haproxy haproxy = start(Path.of(arguments[0]), Path.of(arguments[1]), servers)) {
            System.out.printf(
                    "pid %d, imap %d, imaps %d%n", haproxy.process.pid(), haproxy.port(IMAP), haproxy.port(IMAPS));
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }

    /** Whether there is one on this machine. */
    public static boolean isInstalled() {
        try {
            return new ProcessBuilder("haproxy", "-v")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Starts it before servers that run; when this returns, it listens.
     *
     * @param configuration of the manifests
     * @param directory for its files
     */
    public static Haproxy start(Path configuration, Path directory, List<Server> servers) throws IOException {
        var ports = new HashMap<Integer, Integer>();
        String text = BIND.matcher(Files.readString(configuration)).replaceAll(bind -> {
            int port = freePort();
            ports.put(number(bind, 1), port);
            return "bind 127.0.0.1:" + port;
        });
        text = SERVERS.matcher(text).replaceAll(template -> IntStream.rangeClosed(1, servers.size())
                .mapToObj(i -> "server %s%d 127.0.0.1:%d port %d"
                        .formatted(
                                template.group(1),
                                i,
                                servers.get(i - 1).portFor(number(template, 2)),
                                servers.get(i - 1).http()))
                .collect(Collectors.joining("\n    ")));
        Path file = Files.writeString(directory.resolve("haproxy.cfg"), text);
        Path log = directory.resolve("haproxy.log");
        Process process = new ProcessBuilder("haproxy", "-db", "-f", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        var haproxy = new Haproxy(process, log, ports);
        TestServer.await("HAProxy listens", haproxy::isHealthy);
        return haproxy;
    }

    private static int number(MatchResult found, int group) {
        return Integer.parseInt(found.group(group));
    }

    private static int freePort() {
        while (true) {
            int port = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
            try (var probe = new ServerSocket()) {
                probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (IOException taken) {
                // another one
            }
        }
    }

    /** {@return where it listens for what the manifests have at this port: {@link #IMAP} and so on} */
    public int port(int listed) {
        return Objects.requireNonNull(ports.get(listed));
    }

    /** {@return where it tells its metrics} */
    public int observed() {
        return port(OBSERVE);
    }

    private boolean isHealthy() {
        if (!process.isAlive()) {
            throw new IllegalStateException("HAProxy has ended: " + log());
        }
        try {
            get("/health");
            return true;
        } catch (UncheckedIOException notYet) {
            return false;
        }
    }

    /** Waits until it sends new clients to all its servers. */
    public void awaitAllUp() {
        TestServer.await("all servers are up", () -> get("/metrics")
                .lines()
                .filter(line -> line.matches("haproxy_server_status\\{.*state=\"DOWN\"} .*"))
                .allMatch(line -> line.endsWith(" 0")));
    }

    private String get(String path) {
        try {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(OBSERVE) + path));
            return http.send(request.build(), BodyHandlers.ofString()).body();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    /** {@return what it has logged} */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Ends it, with all connections. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        http.shutdownNow();
        kill();
    }
}
