package heddle.protocol.command;

import com.code_intelligence.jazzer.junit.FuzzTest;
import heddle.protocol.wire.EndOfServiceException;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.WireLimits;
import heddle.protocol.wire.WireReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;

/**
 * Whatever a client sends, it is a command or one of our refusals. Without a fuzzer around, the stored inputs are tried
 * once each.
 */
class CommandReaderFuzzTest {
    private static final WireLimits LIMITS = new WireLimits(4096, 1000, 1000, 1000, 100, 10, 500);

    @FuzzTest(maxDuration = "1m")
    void readsOrRefuses(byte[] octets) {
        var commands = new CommandReader(new WireReader(new ByteArrayInputStream(octets), LIMITS, () -> {}));
        try {
            while (commands.await()) {
                readOne(commands);
                commands.skipRest();
            }
        } catch (EndOfServiceException | IOException _) {
            // the connection ends
        }
    }

    private static void readOne(CommandReader commands) throws IOException {
        try {
            commands.tag();
            switch (commands.command()) {
                case AppendCommand append -> readMessages(append.messages());
                case AuthenticateCommand _ -> commands.saslResponse();
                case IdleCommand _ -> commands.idleDone();
                case Command _ -> {}
            }
        } catch (SyntaxException | RefusedException _) {
            // the connection goes on
        }
    }

    private static void readMessages(AppendMessages messages) throws IOException {
        for (Optional<AppendMessage> next = messages.next(); next.isPresent(); next = messages.next()) {
            next.get().message().open().readAllBytes();
        }
    }
}
