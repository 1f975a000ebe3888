internal import Glibc
import Streams

exit(DecoderWorker.run())
