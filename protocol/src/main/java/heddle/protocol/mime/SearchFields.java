package heddle.protocol.mime;

/** The header fields that SEARCH has keys for, as {@link SearchText}; several of one name are separated by line feeds. */
public record SearchFields(String subject, String from, String to, String cc, String bcc) {}
