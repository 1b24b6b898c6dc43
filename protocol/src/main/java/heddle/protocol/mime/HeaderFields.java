package heddle.protocol.mime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which fields of a header a client asks for: {@code HEADER.FIELDS} or {@code HEADER.FIELDS.NOT} (RFC 3501 §6.4.5). Made
 * once for a command and used for each message.
 */
public final class HeaderFields {
    private final Set<String> names;
    private final boolean isNot;
    private final boolean isCommon;

    private HeaderFields(Set<String> names, boolean isNot) {
        this.names = names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
        this.isNot = isNot;
        this.isCommon = !isNot && CommonHeader.FIELDS.containsAll(this.names);
    }

    /** {@return the fields of these names, in any letter case: {@code HEADER.FIELDS}} */
    public static HeaderFields only(Set<String> names) {
        return new HeaderFields(names, false);
    }

    /** {@return all fields but those: {@code HEADER.FIELDS.NOT}} */
    public static HeaderFields except(Set<String> names) {
        return new HeaderFields(names, true);
    }

    /** {@return whether the fields that are kept beside each message are enough} */
    public boolean areCommon() {
        return isCommon;
    }

    /** {@return the fields as they stand in the header, in their order, and the blank line if there is one} */
    public byte[] select(byte[] header) {
        var out = new ByteArrayOutputStream(Math.min(header.length, 1024));
        int line = 0;
        int start = 0; // of what is selected and not yet copied
        boolean isSelected = false;
        while (line < header.length) {
            boolean selects = isFolded(header[line]) ? isSelected : isSelected(header, line, header.length);
            if (selects != isSelected) {
                if (isSelected) {
                    out.write(header, start, line - start);
                }
                start = line;
                isSelected = selects;
            }
            line = MessageScanner.afterFeed(header, line, header.length);
        }
        if (isSelected) {
            out.write(header, start, line - start);
        }
        return out.toByteArray();
    }

    /**
     * Copies the fields of a header of any size, block by block.
     *
     * @param header ends where the header does
     */
    public void select(InputStream header, OutputStream out) throws IOException {
        var buffer = new byte[8192];
        int limit = 0;
        boolean isSelected = false;
        boolean isLineStart = true;
        boolean isEnd = false;
        while (!isEnd || limit > 0) {
            while (!isEnd && limit < buffer.length) {
                int count = header.read(buffer, limit, buffer.length - limit);
                isEnd = count < 0;
                limit += Math.max(0, count);
            }
            int position = 0;
            int selected = 0;
            // A line is looked at when enough of it is here; names are much shorter than half of the buffer.
            while (position < limit && (isEnd || !isLineStart || limit - position >= buffer.length / 2)) {
                if (isLineStart) {
                    boolean selects = isFolded(buffer[position]) ? isSelected : isSelected(buffer, position, limit);
                    if (isSelected && !selects) {
                        out.write(buffer, selected, position - selected);
                    }
                    if (!isSelected) {
                        selected = position;
                    }
                    isSelected = selects;
                }
                position = MessageScanner.afterFeed(buffer, position, limit);
                isLineStart = buffer[position - 1] == '\n';
            }
            if (isSelected) {
                out.write(buffer, selected, position - selected);
            }
            System.arraycopy(buffer, position, buffer, 0, limit - position);
            limit -= position;
        }
    }

    /** {@return whether a line that starts so belongs to the one before} */
    private static boolean isFolded(byte first) {
        return first == ' ' || first == '\t';
    }

    /** {@return whether the line that starts here is wanted: a field by its name, and the blank line} */
    private boolean isSelected(byte[] header, int line, int limit) {
        if (header[line] == '\n' || (header[line] == '\r' && line + 1 < limit && header[line + 1] == '\n')) {
            return true;
        }
        int colon = HeaderName.colon(header, line, limit);
        boolean isNamed =
                colon >= 0 && names.contains(HeaderName.lowerCase(header, line, HeaderName.end(header, line, colon)));
        return isNamed != isNot;
    }
}
