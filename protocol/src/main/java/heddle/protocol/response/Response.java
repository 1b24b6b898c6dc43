package heddle.protocol.response;

import heddle.protocol.wire.WireWriter;
import java.io.IOException;

/**
 * One line that the server sends (RFC 3501 §7). FETCH is written piece by piece, by {@link FetchResponse}.
 */
public sealed interface Response
        permits StatusResponse,
                ContinuationResponse,
                CapabilityResponse,
                EnabledResponse,
                IdResponse,
                NamespaceResponse,
                ListResponse,
                MailboxStatusResponse,
                FlagsResponse,
                CountResponse,
                VanishedResponse,
                SearchResponse,
                EsearchResponse {
    /** Writes the whole line, its end included; does not flush. */
    void writeTo(WireWriter out) throws IOException;
}
