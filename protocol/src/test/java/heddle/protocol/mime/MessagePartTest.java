package heddle.protocol.mime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessagePartTest {
    /** The complex message of RFC 3501 §6.4.5. */
    private static final String MESSAGE = String.join(
            "\r\n",
            "Subject: outer",
            "Content-Type: multipart/mixed; boundary=a",
            "",
            "--a",
            "Content-Type: text/plain",
            "",
            "at 1",
            "--a",
            "Content-Type: application/octet-stream",
            "",
            "at 2",
            "--a",
            "Content-Type: message/rfc822",
            "",
            "Subject: in 3",
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "at 3.1",
            "--b",
            "Content-Type: application/octet-stream",
            "",
            "at 3.2",
            "--b--",
            "--a",
            "Content-Type: multipart/mixed; boundary=c",
            "",
            "--c",
            "Content-Type: image/gif",
            "",
            "at 4.1",
            "--c",
            "Content-Type: message/rfc822",
            "",
            "Subject: in 4.2",
            "Content-Type: multipart/mixed; boundary=d",
            "",
            "--d",
            "Content-Type: text/plain",
            "",
            "at 4.2.1",
            "--d",
            "Content-Type: multipart/alternative; boundary=e",
            "",
            "--e",
            "Content-Type: text/plain",
            "",
            "at 4.2.2.1",
            "--e",
            "Content-Type: text/richtext",
            "",
            "at 4.2.2.2",
            "--e--",
            "--d--",
            "--c--",
            "--a--",
            "");

    private static final MessagePart ROOT = MessageParserTest.parse(MESSAGE).root();

    private static List<Integer> path(String section) {
        return Arrays.stream(section.split("\\.")).map(Integer::valueOf).toList();
    }

    private static String text(ByteRange range) {
        return MESSAGE.substring((int) range.offset(), (int) range.end());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "2", "3.1", "3.2", "4.1", "4.2.1", "4.2.2.1", "4.2.2.2"})
    void findsLeaves(String section) {
        MessagePart part = ROOT.find(path(section)).orElseThrow();
        assertThat(text(part.body())).isEqualTo("at " + section);
        assertThat(text(part.header())).startsWith("Content-Type: ").endsWith("\r\n\r\n");
        assertThat(ROOT.findMessage(path(section))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "3,message/rfc822",
        "4,multipart/mixed",
        "4.1,image/gif",
        "4.2,message/rfc822",
        "4.2.2,multipart/alternative"
    })
    void findsParts(String section, String type) {
        ContentType found = ROOT.find(path(section)).orElseThrow().contentType();
        assertThat(found.type() + "/" + found.subtype()).isEqualTo(type);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "4.2"})
    void findsHeaderAndTextOfEncapsulatedMessages(String section) {
        MessagePart message = ROOT.findMessage(path(section)).orElseThrow();
        assertThat(text(message.header()))
                .startsWith("Subject: in " + section + "\r\n")
                .endsWith("\r\n\r\n");
        assertThat(text(message.body())).startsWith("--").endsWith("--");
        assertThat(text(ROOT.find(path(section)).orElseThrow().body())).isEqualTo(text(message.whole()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "5", "1.1", "2.1", "3.3", "3.1.1", "4.3", "4.1.1", "4.2.3", "4.2.2.3", "-1"})
    void doesNotFindPartsThatAreNotThere(String section) {
        assertThat(ROOT.find(path(section))).isEmpty();
        assertThat(ROOT.findMessage(path(section))).isEmpty();
    }

    @Test
    void findsTheMessageItself() {
        assertThat(ROOT.find(List.of())).contains(ROOT);
        assertThat(ROOT.findMessage(List.of())).contains(ROOT);
        assertThat(text(ROOT.whole())).isEqualTo(MESSAGE);
    }

    @Test
    void takesTheBodyOfASimpleMessageForPartOne() {
        MessagePart root = MessageParserTest.parse("Subject: x\r\n\r\nbody").root();
        assertThat(root.find(List.of(1))).contains(root);
        assertThat(root.find(List.of(2))).isEmpty();
        assertThat(root.find(List.of(1, 1))).isEmpty();
        assertThat(root.findMessage(List.of(1))).isEmpty();
    }

    @Test
    void countsThePartsOfAMessageThatIsAMessage() {
        MessagePart root = MessageParserTest.parse("Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody")
                .root();
        MessagePart inner = root.children().getFirst();
        assertThat(root.find(List.of(1))).contains(root);
        assertThat(root.findMessage(List.of(1))).contains(inner);
        assertThat(root.find(List.of(1, 1))).contains(inner);
        assertThat(root.find(List.of(1, 1, 1))).isEmpty();
    }

    @Test
    void refusesBytesOfAnUnknownVersion() {
        assertThatThrownBy(() -> MessagePart.fromBytes(new byte[] {99, 0}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MessagePart.fromBytes(new byte[0])).isInstanceOf(IllegalArgumentException.class);
    }
}
