package heddle.protocol.mime;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The date in a {@code Date:} field, as written there: time and zone do not count (RFC 3501 §6.4.4).
 *
 * <p>mime4j's date parser was not used: it gives an instant, from which the date as written cannot be had.
 */
final class SentDate {
    private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
    private static final int LONGEST = 200;

    private SentDate() {}

    /** {@return the first day, month and year in it, also in the orders that are not RFC 5322's; null without them} */
    static @Nullable LocalDate parse(String field) {
        int day = 0;
        int month = 0;
        int year = 0;
        int end = Math.min(field.length(), LONGEST);
        for (int i = 0; i < end && year == 0; ) {
            int start = i;
            if (isDigit(field.charAt(i))) {
                while (i < end && (isDigit(field.charAt(i)) || field.charAt(i) == ':')) {
                    i++;
                }
                int number = number(field, start, i);
                if (number >= 0 && i - start <= 2 && day == 0) {
                    day = number;
                } else if (number >= 0 && month > 0 && (day > 0 || i - start == 4)) {
                    year = number + century(number, i - start);
                }
            } else if (isLetter(field.charAt(i))) {
                while (i < end && isLetter(field.charAt(i))) {
                    i++;
                }
                if (month == 0 && i - start >= 3) {
                    int index = MONTHS.indexOf(field.substring(start, start + 3).toLowerCase(Locale.ROOT));
                    month = index >= 0 && index % 3 == 0 ? index / 3 + 1 : 0;
                }
            } else {
                i++;
            }
        }
        try {
            return LocalDate.of(year, month, day);
        } catch (DateTimeException unreadable) {
            return null;
        }
    }

    /** {@code obs-year}: two digits are 1950 to 2049, three are counted from 1900 (RFC 5322 §4.3). */
    private static int century(int year, int digits) {
        return switch (digits) {
            case 1, 2 -> year < 50 ? 2000 : 1900;
            case 3 -> 1900;
            default -> 0;
        };
    }

    private static int number(String field, int start, int end) {
        return end - start <= 4 && field.indexOf(':', start, end) < 0 ? Integer.parseInt(field, start, end, 10) : -1;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
}
