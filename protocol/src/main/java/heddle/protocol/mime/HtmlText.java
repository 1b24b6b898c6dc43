package heddle.protocol.mime;

import java.util.Locale;
import java.util.Set;
import org.jsoup.parser.Parser;

/**
 * Takes the markup out of HTML as it passes by: tags and comments are dropped, with all that is inside scripts and
 * styles, character references are decoded, and elements that are not part of a line separate words.
 *
 * <p>jsoup decodes the references; its tree was not used because it holds the whole document several times over.
 */
final class HtmlText implements CharSink {
    private enum State {
        TEXT,
        REFERENCE,
        MARKUP,
        TAG,
        QUOTED,
        COMMENT,
        HIDDEN
    }

    private static final Set<String> INLINE = Set.of(
            "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins",
            "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u",
            "var", "wbr");
    private static final char[] SPACE = {' '};
    private static final int LONGEST_REFERENCE = 33;

    private final CharSink out;
    private State state = State.TEXT;
    /** The reference or the name of the tag that is being read. */
    private final StringBuilder name = new StringBuilder();

    private boolean isNameComplete;
    private char quote;
    /** The end tag that ends what is hidden, as {@code </script}. */
    private String hiddenEnd = "";

    private int matched;

    HtmlText(CharSink out) {
        this.out = out;
    }

    @Override
    public boolean isFull() {
        return out.isFull();
    }

    @Override
    public void accept(char[] text, int from, int to) {
        int i = from;
        while (i < to) {
            if (state == State.TEXT) {
                int start = i;
                while (i < to && text[i] != '<' && text[i] != '&') {
                    i++;
                }
                if (i > start) {
                    out.accept(text, start, i);
                }
                if (i < to) {
                    state = text[i++] == '<' ? State.MARKUP : State.REFERENCE;
                    name.setLength(0);
                    isNameComplete = false;
                }
            } else if (read(text[i])) {
                i++;
            }
        }
    }

    /** Ends the document: what is incomplete was text or is dropped. */
    void end() {
        if (state == State.REFERENCE) {
            reference("");
        }
        if (state == State.MARKUP) {
            literal("<");
        }
        state = State.TEXT;
    }

    /** {@return whether the character was used; if not, it is looked at again in the new state} */
    private boolean read(char c) {
        switch (state) {
            case REFERENCE -> {
                boolean isPart = (c == '#' && name.isEmpty()) || (c < 128 && Character.isLetterOrDigit(c));
                if (isPart && name.length() < LONGEST_REFERENCE) {
                    name.append(c);
                    return true;
                }
                reference(c == ';' ? ";" : "");
                state = State.TEXT;
                return c == ';';
            }
            case MARKUP -> {
                if (c == '!' || c == '?' || c == '/' || (c < 128 && Character.isLetter(c))) {
                    state = State.TAG;
                    return false;
                }
                literal("<");
                state = State.TEXT;
                return false;
            }
            case TAG -> tag(c);
            case QUOTED -> {
                if (c == quote) {
                    state = State.TAG;
                }
            }
            case COMMENT -> {
                if (c == '>' && matched >= 2) {
                    state = State.TEXT;
                }
                matched = c == '-' ? matched + 1 : 0;
            }
            case HIDDEN -> hidden(c);
            case TEXT -> throw new IllegalStateException("text is not read character by character");
        }
        return true;
    }

    private void tag(char c) {
        if (c == '>') {
            endTag();
        } else if (!isNameComplete) {
            if (c <= ' ' || (c == '/' && !name.isEmpty()) || name.length() > 16) {
                isNameComplete = true;
            } else {
                name.append(c);
                if (name.length() == 3 && name.charAt(0) == '!' && name.charAt(1) == '-' && c == '-') {
                    state = State.COMMENT;
                    matched = 2; // "<!-->" is a comment
                }
            }
        } else if ((c == '"' || c == '\'') && name.charAt(0) != '!') {
            quote = c;
            state = State.QUOTED;
        }
    }

    private void endTag() {
        String tag = name.toString().toLowerCase(Locale.ROOT);
        state = State.TEXT;
        switch (tag) {
            case "script", "style" -> {
                hiddenEnd = "</" + tag;
                matched = 0;
                state = State.HIDDEN;
            }
            default -> {
                if (!INLINE.contains(tag.startsWith("/") ? tag.substring(1) : tag)) {
                    out.accept(SPACE, 0, 1);
                }
            }
        }
    }

    private void hidden(char c) {
        char folded = Character.toLowerCase(c);
        if (folded == hiddenEnd.charAt(matched)) {
            matched++;
        } else {
            matched = folded == '<' ? 1 : 0;
        }
        if (matched == hiddenEnd.length()) {
            name.setLength(0);
            name.append(hiddenEnd, 1, hiddenEnd.length());
            isNameComplete = true;
            state = State.TAG;
        }
    }

    private void reference(String end) {
        switch (name.toString()) {
            case "" -> literal("&" + end);
            case "nbsp" -> out.accept(SPACE, 0, 1);
            case "amp" -> literal("&");
            case "lt" -> literal("<");
            case "gt" -> literal(">");
            case "quot" -> literal("\"");
            default -> literal(Parser.unescapeEntities("&" + name + end, false));
        }
    }

    private void literal(String text) {
        out.accept(text.toCharArray(), 0, text.length());
    }
}
