package heddle.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import heddle.protocol.Flag;
import heddle.protocol.MailboxName;
import heddle.protocol.Tag;
import heddle.protocol.wire.RefusedException;
import heddle.protocol.wire.SyntaxException;
import heddle.protocol.wire.TestClient;
import heddle.protocol.wire.WireLimits;
import heddle.protocol.wire.WireReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AppendCommandTest {
    private final List<String> asked = new ArrayList<>();

    private CommandReader reads(String text) {
        return new CommandReader(new WireReader(
                TestClient.dribbles(text), WireLimits.AUTHENTICATED.withMessage(100), () -> asked.add("+")));
    }

    private static AppendMessages messages(CommandReader commands) throws IOException {
        assertThat(commands.tag()).isEqualTo(new Tag("a1"));
        var append = (AppendCommand) commands.command();
        assertThat(append.mailbox().name()).isEqualTo(new MailboxName("Sent"));
        return append.messages();
    }

    private static String text(AppendMessage message) throws IOException {
        return new String(message.message().open().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    private static void endsThere(CommandReader commands) throws IOException {
        commands.skipRest();
        assertThat(commands.tag()).isEqualTo(new Tag("a2"));
        assertThat(commands.command()).isEqualTo(new NoopCommand());
    }

    @Test
    void readsOneMessage() throws IOException {
        CommandReader commands =
                reads("a1 APPEND Sent (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {5}\r\nhello\r\na2 NOOP\r\n");
        AppendMessages messages = messages(commands);
        assertThat(asked).isEmpty();
        AppendMessage message = messages.next().orElseThrow();
        assertThat(message.flags()).isEqualTo(Set.of(Flag.Standard.SEEN));
        assertThat(message.internalDate()).isEqualTo(OffsetDateTime.parse("1996-07-17T02:44:25-07:00"));
        assertThat(asked).isEmpty();
        assertThat(text(message)).isEqualTo("hello");
        assertThat(asked).hasSize(1);
        assertThat(messages.next()).isEmpty();
        assertThat(messages.next()).isEmpty();
        endsThere(commands);
    }

    @Test
    void readsManyMessages() throws IOException {
        CommandReader commands = reads("a1 APPEND Sent {1+}\r\na ($Junk) ~{2+}\r\n\0b {3}\r\nc\r\n\r\na2 NOOP\r\n");
        AppendMessages messages = messages(commands);
        assertThat(text(messages.next().orElseThrow())).isEqualTo("a");
        AppendMessage second = messages.next().orElseThrow();
        assertThat(second.flags()).isEqualTo(Set.of(new Flag.Keyword("$Junk")));
        assertThat(second.message().isBinary()).isTrue();
        assertThat(text(second)).isEqualTo("\0b");
        assertThat(text(messages.next().orElseThrow())).isEqualTo("c\r\n");
        assertThat(messages.next()).isEmpty();
        endsThere(commands);
    }

    @Test
    void readsMessagesWithUtf8InTheirHeaders() throws IOException {
        CommandReader commands = reads("a1 APPEND Sent utf8 (~{1}\r\na) (\\Seen) UTF8 (~{1+}\r\nb)\r\na2 NOOP\r\n");
        AppendMessages messages = messages(commands);
        AppendMessage first = messages.next().orElseThrow();
        assertThat(first.form()).isEqualTo(AppendMessage.Form.UTF8);
        assertThat(text(first)).isEqualTo("a");
        assertThat(text(messages.next().orElseThrow())).isEqualTo("b");
        assertThat(messages.next()).isEmpty();
        endsThere(commands);
    }

    @Test
    void refusesUtf8ThatIsNotALiteral8InParentheses() throws IOException {
        for (String message : List.of("UTF8 {1+}\r\na", "UTF8 (\"a\")", "UTF8 ({1+}\r\na)", "UTF7 (~{1+}\r\na)")) {
            CommandReader commands = reads("a1 APPEND Sent " + message + "\r\na2 NOOP\r\n");
            assertThatThrownBy(() -> messages(commands)).as(message).isInstanceOf(SyntaxException.class);
            endsThere(commands);
        }
        CommandReader unclosed = reads("a1 APPEND Sent UTF8 (~{1+}\r\na\r\na2 NOOP\r\n");
        AppendMessages messages = messages(unclosed);
        assertThat(text(messages.next().orElseThrow())).isEqualTo("a");
        assertThatThrownBy(messages::next).isInstanceOf(SyntaxException.class);
        endsThere(unclosed);
    }

    @Test
    void skipsMessagesNobodyWants() throws IOException {
        CommandReader commands = reads("a1 APPEND Sent {9+}\r\nb NOOP {1} {3+}\r\nc\r\n\r\na2 NOOP\r\n");
        messages(commands).next();
        endsThere(commands);
    }

    @Test
    void goesOnWhenAWaitingClientIsRefused() throws IOException {
        CommandReader commands = reads("a1 APPEND Sent {9}\r\na2 NOOP\r\n");
        messages(commands);
        endsThere(commands);
        assertThat(asked).isEmpty();
    }

    @Test
    void refusesASecondMessageThatIsTooBig() throws IOException {
        CommandReader commands = reads("a1 APPEND Sent {1}\r\na {101}\r\na2 NOOP\r\n");
        AppendMessages messages = messages(commands);
        text(messages.next().orElseThrow());
        assertThatThrownBy(messages::next).isInstanceOf(RefusedException.class);
        endsThere(commands);
    }

    @Test
    void refusesWhatFollowsAMessageAndIsNone() throws IOException {
        CommandReader commands = reads("a1 APPEND Sent {1+}\r\na {3+}x\r\na2 NOOP\r\n");
        AppendMessages messages = messages(commands);
        text(messages.next().orElseThrow());
        assertThatThrownBy(messages::next).isInstanceOf(SyntaxException.class);
        endsThere(commands);
    }
}
