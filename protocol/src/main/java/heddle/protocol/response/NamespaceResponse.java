package heddle.protocol.response;

import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.util.List;

/**
 * {@code NAMESPACE}: where mailboxes are (RFC 2342 §5).
 *
 * @param personal of this user
 * @param otherUsers of other users
 * @param shared of nobody
 */
public record NamespaceResponse(List<Namespace> personal, List<Namespace> otherUsers, List<Namespace> shared)
        implements Response {
    /** What the names of such mailboxes begin with, and what separates their levels. */
    public record Namespace(String prefix, char separator) {}

    public NamespaceResponse {
        personal = List.copyOf(personal);
        otherUsers = List.copyOf(otherUsers);
        shared = List.copyOf(shared);
    }

    @Override
    public void writeTo(WireWriter out) throws IOException {
        out.atom("* NAMESPACE ");
        write(out, personal);
        write(out.space(), otherUsers);
        write(out.space(), shared);
        out.crlf();
    }

    private static void write(WireWriter out, List<Namespace> namespaces) throws IOException {
        if (namespaces.isEmpty()) {
            out.nil();
            return;
        }
        out.raw('(');
        for (Namespace namespace : namespaces) {
            out.raw('(').namePrefix(namespace.prefix).space();
            out.quoted(String.valueOf(namespace.separator)).raw(')');
        }
        out.raw(')');
    }
}
