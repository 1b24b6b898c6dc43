package heddle.server.session;

import heddle.protocol.Flag;
import heddle.protocol.ModSeq;
import heddle.protocol.Tag;
import heddle.protocol.UidSet;
import heddle.protocol.response.CountResponse;
import heddle.protocol.response.FetchResponse;
import heddle.protocol.response.FlagsResponse;
import heddle.protocol.response.ResponseCode;
import heddle.protocol.response.ResponseCode.PermanentFlags;
import heddle.protocol.response.StatusResponse;
import heddle.protocol.response.VanishedResponse;
import heddle.protocol.response.VanishedResponse.When;
import heddle.protocol.wire.WireWriter;
import heddle.storage.ModSeqs;
import java.io.IOException;
import java.util.List;

/** Writes what has changed in a mailbox, in the form that the client has chosen by what it has enabled. */
record MailboxNews(WireWriter out, Enabled enabled) {
    /**
     * Messages are gone.
     *
     * @param view the messages that the client knows, these included
     */
    void gone(UidSet view, UidSet gone) throws IOException {
        if (enabled.vanished()) {
            new VanishedResponse(When.NOW, gone).writeTo(out);
            return;
        }
        long[] uids = gone.toArray();
        // From the end on, so that no number changes before it is told.
        for (int i = uids.length - 1; i >= 0; i--) {
            CountResponse.expunge(view.rank(uids[i])).writeTo(out);
        }
    }

    /** Messages were gone before this client looked, or before the modseq that it names. */
    void goneEarlier(UidSet gone) throws IOException {
        if (!gone.isEmpty()) {
            new VanishedResponse(When.EARLIER, gone).writeTo(out);
        }
    }

    /** Messages came; how many there are now, and how many of them are recent. */
    void arrived(long messages, long recent) throws IOException {
        CountResponse.exists(messages).writeTo(out);
        if (!enabled.rev2()) {
            CountResponse.recent(recent).writeTo(out);
        }
    }

    /** The flags of these messages. */
    void flags(FlagWalk walk, UidSet uids, ModSeqs modSeqs) throws IOException {
        var response = new FetchResponse(out, enabled.numbering());
        for (var each = uids.bits().getIntIterator(); each.hasNext(); ) {
            walk.to(each.next());
            response.startWithUid(walk.number(), walk.uid());
            response.flags(walk.bits(), walk.keywords());
            if (enabled.modSeqs()) {
                response.modSeq(modSeqs.of(walk.uid()));
            }
            response.end();
        }
    }

    /** Flags that the client has set itself and knows; how old they are it does not. */
    void modSeqs(FlagWalk walk, UidSet uids, ModSeqs modSeqs) throws IOException {
        var response = new FetchResponse(out, enabled.numbering());
        for (var each = uids.bits().getIntIterator(); each.hasNext(); ) {
            walk.to(each.next());
            response.startWithUid(walk.number(), walk.uid());
            response.modSeq(modSeqs.of(walk.uid()));
            response.end();
        }
    }

    /** The FLAGS and PERMANENTFLAGS of the mailbox (RFC 3501 §7.2.6, §7.1). */
    void flagNames(List<Flag> flags, PermanentFlags permanent) throws IOException {
        new FlagsResponse(flags).writeTo(out);
        StatusResponse.ok(Tag.UNTAGGED, permanent, "flags that can be changed for good")
                .writeTo(out);
    }

    /** All changes up to this one have been told (RFC 7162 §3.1.2.1). */
    void highestModSeq(ModSeq modSeq) throws IOException {
        StatusResponse.ok(Tag.UNTAGGED, new ResponseCode.HighestModSeq(modSeq), "told up to here")
                .writeTo(out);
    }
}
