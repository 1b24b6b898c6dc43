package heddle.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import heddle.protocol.wire.EndOfServiceException;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.TestClient;
import heddle.protocol.wire.WireLimits;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Whatever a client sends is a command or one of our refusals, and the same however the network cuts it up. Without a
 * fuzzer around, the stored inputs are tried once each.
 */
class CommandReaderFuzzTest {
    private static final WireLimits LIMITS = new WireLimits(4096, 1000, 1000, 1000, 100, 10, 500);

    @FuzzTest(maxDuration = "1m")
    void readsOrRefuses(byte[] octets) {
        String text = new String(octets, StandardCharsets.ISO_8859_1);
        assertThat(conversation(TestClient.dribbles(text))).isEqualTo(conversation(TestClient.sends(text)));
    }

    /** What a server sees of the client. */
    private static List<String> conversation(InputStream client) {
        var seen = new ArrayList<String>();
        var commands = new CommandReader(new WireReader(client, LIMITS, () -> {}));
        try {
            while (commands.await()) {
                String outcome = outcome(commands);
                commands.skipRest();
                seen.add(outcome);
            }
        } catch (EndOfServiceException end) {
            seen.add("BYE " + end.text());
        } catch (IOException gone) {
            seen.add("gone");
        }
        return seen;
    }

    private static String outcome(CommandReader commands) throws IOException {
        try {
            return commands.tag()
                    + switch (commands.command()) {
                        case AppendCommand append -> messages(append);
                        case AuthenticateCommand _ ->
                            commands.saslResponse().map(Arrays::toString).orElse("cancelled");
                        case IdleCommand idle -> {
                            commands.idleDone();
                            yield idle.toString();
                        }
                        case Command other -> other.toString();
                    };
        } catch (SyntaxException broken) {
            return "BAD " + broken.text();
        } catch (RefusedException refused) {
            return "NO " + refused.text();
        }
    }

    private static String messages(AppendCommand append) throws IOException {
        var seen = new StringBuilder(append.mailbox().given());
        AppendMessages messages = append.messages();
        for (Optional<AppendMessage> next = messages.next(); next.isPresent(); next = messages.next()) {
            AppendMessage message = next.get();
            seen.append(message.flags()).append(message.internalDate());
            seen.append(Arrays.toString(message.message().open().readAllBytes()));
        }
        return seen.toString();
    }
}
