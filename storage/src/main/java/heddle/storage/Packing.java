package heddle.storage;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/**
 * Compresses with Zstandard, at its fastest level. Its contexts hold tables that cost more to make than a mail costs to
 * compress, so a few are kept, as many as were ever in use at once.
 */
final class Packing {
    private static final int FAST = 1;

    private static final Pool<ZstdCompressCtx> COMPRESSORS = new Pool<>(() -> new ZstdCompressCtx().setLevel(FAST));
    private static final Pool<ZstdDecompressCtx> DECOMPRESSORS = new Pool<>(ZstdDecompressCtx::new);

    private Packing() {}

    /** Contexts that nobody uses at the moment. */
    private record Pool<C>(Supplier<C> maker, ConcurrentLinkedQueue<C> free) {
        Pool(Supplier<C> maker) {
            this(maker, new ConcurrentLinkedQueue<>());
        }

        C take() {
            C context = free.poll();
            return context == null ? maker.get() : context;
        }
    }

    static byte[] pack(byte[] plain) {
        ZstdCompressCtx context = COMPRESSORS.take();
        byte[] packed = context.compress(plain);
        COMPRESSORS.free.add(context);
        return packed;
    }

    /** {@return what was packed into one frame by {@link #pack}} */
    static byte[] unpack(byte[] packed) {
        ZstdDecompressCtx context = DECOMPRESSORS.take();
        byte[] plain = context.decompress(packed, (int) Zstd.getFrameContentSize(packed));
        DECOMPRESSORS.free.add(context);
        return plain;
    }
}
