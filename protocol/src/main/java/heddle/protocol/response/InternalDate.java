package heddle.protocol.response;

import heddle.protocol.wire.WireWriter;
import java.io.IOException;
import java.time.OffsetDateTime;

/** {@code date-time} as it is written (RFC 3501 §9), without its quotes: {@code 17-Jul-1996 02:44:25 -0700}. */
final class InternalDate {
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

    private InternalDate() {}

    static void write(WireWriter out, OffsetDateTime date) throws IOException {
        byte[] text = new byte[26];
        int day = date.getDayOfMonth();
        text[0] = (byte) (day < 10 ? ' ' : '0' + day / 10);
        text[1] = (byte) ('0' + day % 10);
        text[2] = '-';
        for (int i = 0; i < 3; i++) {
            text[3 + i] = (byte) MONTHS.charAt(3 * date.getMonthValue() - 3 + i);
        }
        text[6] = '-';
        int year = Math.clamp(date.getYear(), 0, 9999);
        twoDigits(text, 7, year / 100);
        twoDigits(text, 9, year % 100);
        text[11] = ' ';
        twoDigits(text, 12, date.getHour());
        text[14] = ':';
        twoDigits(text, 15, date.getMinute());
        text[17] = ':';
        twoDigits(text, 18, date.getSecond());
        text[20] = ' ';
        int offset = date.getOffset().getTotalSeconds() / 60;
        text[21] = (byte) (offset < 0 ? '-' : '+');
        twoDigits(text, 22, Math.abs(offset) / 60);
        twoDigits(text, 24, Math.abs(offset) % 60);
        out.raw(text);
    }

    private static void twoDigits(byte[] text, int at, int number) {
        text[at] = (byte) ('0' + number / 10);
        text[at + 1] = (byte) ('0' + number % 10);
    }
}
