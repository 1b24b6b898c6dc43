package heddle.protocol.mime;

import java.util.List;

/** Writes BODY and BODYSTRUCTURE (RFC 3501 §7.4.2, §9 {@code body}). */
final class BodyStructure {
    enum Form {
        BODY,
        BODYSTRUCTURE
    }

    private final ImapBytes out = new ImapBytes(256);
    private final boolean hasExtensions;

    private BodyStructure(Form form) {
        this.hasExtensions = form == Form.BODYSTRUCTURE;
    }

    static byte[] of(Entity message, Form form) {
        var structure = new BodyStructure(form);
        structure.body(message);
        return structure.out.toByteArray();
    }

    /** {@code body = "(" (body-type-1part / body-type-mpart) ")"}. */
    private void body(Entity entity) {
        out.octet('(');
        if (entity.isMultipart()) {
            multipart(entity);
        } else {
            onePart(entity);
        }
        out.octet(')');
    }

    /** {@code body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]}. */
    private void multipart(Entity entity) {
        for (Entity child : entity.children) {
            body(child);
        }
        String type = entity.type().value();
        out.octet(' ').nstring(type.substring(type.indexOf('/') + 1));
        if (hasExtensions) {
            out.octet(' ');
            parameters(entity.type().parameters());
            extensions(entity);
        }
    }

    /** {@code body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]}. */
    private void onePart(Entity entity) {
        String type = entity.type().value();
        int slash = type.indexOf('/');
        out.nstring(type.substring(0, slash)).octet(' ');
        out.nstring(type.substring(slash + 1)).octet(' ');
        parameters(entity.type().parameters());
        out.octet(' ').nstring(entity.id).octet(' ').nstring(entity.description);
        out.octet(' ').nstring(entity.encoding()).octet(' ').number(entity.bodyLength());
        if (entity.isMessage()) {
            Entity message = entity.children.getFirst();
            out.octet(' ').octets(message.readyEnvelope()).octet(' ');
            body(message);
        }
        if (entity.isMessage() || entity.isText()) {
            out.octet(' ').number(entity.bodyLines());
        }
        if (hasExtensions) {
            out.octet(' ').nstring(entity.md5);
            extensions(entity);
        }
    }

    /** {@code SP body-fld-dsp SP body-fld-lang SP body-fld-loc}. */
    private void extensions(Entity entity) {
        MediaField disposition = entity.disposition;
        if (disposition == null || disposition.value().isEmpty()) {
            out.ascii(" NIL ");
        } else {
            out.ascii(" (").nstring(disposition.value()).octet(' ');
            parameters(disposition.parameters());
            out.ascii(") ");
        }
        List<String> languages = entity.languages;
        if (languages.size() < 2) {
            out.nstring(languages.isEmpty() ? null : languages.getFirst());
        } else {
            strings(languages);
        }
        out.octet(' ').nstring(entity.location);
    }

    private void strings(List<String> strings) {
        char before = '(';
        for (String string : strings) {
            out.octet(before).nstring(string);
            before = ' ';
        }
        out.octet(')');
    }

    /** {@code body-fld-param = "(" string SP string *(SP string SP string) ")" / nil}. */
    private void parameters(List<MediaField.Parameter> parameters) {
        if (parameters.isEmpty()) {
            out.nil();
            return;
        }
        char before = '(';
        for (MediaField.Parameter parameter : parameters) {
            out.octet(before).nstring(parameter.name()).octet(' ').nstring(parameter.value());
            before = ' ';
        }
        out.octet(')');
    }
}
