//! A stream of bytes, in pieces of any size: the frames do not depend on how it was cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::{Frame, FrameDecoder, FrameError};

fuzz_target!(|bytes: &[u8]| {
    let Some((size, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = decode(&[bytes]);
    let pieces: Vec<_> = bytes.chunks(usize::from(*size).max(1)).collect();
    assert_eq!(decode(&pieces), whole);
    for frame in whole.0 {
        if let Ok(bytes) = frame.encode() {
            assert_eq!(decode(&[&bytes]), (vec![frame], None));
        }
    }
});

fn decode(pieces: &[&[u8]]) -> (Vec<Frame>, Option<FrameError>) {
    let (mut decoder, mut frames) = (FrameDecoder::new(), Vec::new());
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}
