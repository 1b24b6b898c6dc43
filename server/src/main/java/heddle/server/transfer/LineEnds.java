package heddle.server.transfer;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Line ends of files and of mail: files have LF where mail has CRLF. */
final class LineEnds {
    private LineEnds() {}

    /** Looks at blocks of octets, and remembers whether the one before ended with CR. */
    abstract static class Filter extends FilterOutputStream {
        boolean afterCr;

        Filter(OutputStream below) {
            super(below);
        }

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public abstract void write(byte[] bytes, int offset, int length) throws IOException;
    }

    /** Makes CRLF of each LF that has no CR before it. Closing it leaves what is below it open. */
    static final class ToMail extends Filter {
        private static final byte[] CRLF = {'\r', '\n'};

        ToMail(OutputStream mail) {
            super(mail);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int from = offset;
            for (int i = offset; i < offset + length; i++) {
                byte octet = bytes[i];
                if (octet == '\n' && !afterCr) {
                    out.write(bytes, from, i - from);
                    out.write(CRLF);
                    from = i + 1;
                }
                afterCr = octet == '\r';
            }
            out.write(bytes, from, offset + length - from);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    /** Makes LF of each CRLF. */
    static final class ToFile extends Filter {
        ToFile(OutputStream file) {
            super(file);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int from = offset;
            for (int i = offset; i < offset + length; i++) {
                byte octet = bytes[i];
                if (afterCr && octet != '\n') {
                    out.write('\r'); // held back until now
                }
                afterCr = octet == '\r';
                if (afterCr) {
                    out.write(bytes, from, i - from);
                    from = i + 1;
                }
            }
            out.write(bytes, from, offset + length - from);
        }

        @Override
        public void close() throws IOException {
            if (afterCr) {
                out.write('\r');
            }
            super.close();
        }
    }
}
