//! Long JSON, packed: zlib's own format (RFC 1950) with a dictionary of what such texts are made of.
//!
//! DynamoDB charges a write for every kilobyte of the whole item, so the length of a row is what a
//! checkpoint costs. A row of one service is three to five kilobytes of JSON, most of it names of
//! fields and the beginnings of ARNs, and well below one when packed. Nothing but zlib and the
//! dictionary's file is needed to read it: `docs/aws.md` shows how.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What texts are made of, the commonest last. Packed data names its dictionary by a checksum, so
/// one that has shipped never changes: a better one is added behind it.
const DICTIONARIES: &[&[u8]] = &[include_bytes!("dictionary.txt")];

/// The longest text that is unpacked: an item has at most 400 KB, and no text of ours packs to less
/// than a hundredth.
const LONGEST: usize = 40 << 20;

/// As long a text is read at a time.
const CHUNK: usize = 16 << 10;

/// Packs a text.
pub(super) fn pack(text: &str) -> Result<Vec<u8>, String> {
    let mut stream = Compress::new(Compression::best(), true);
    let dictionary = DICTIONARIES.last().copied().unwrap_or_default();
    let failed = |error: flate2::CompressError| error.to_string();
    stream.set_dictionary(dictionary).map_err(failed)?;
    // Never longer than the text and zlib's head and tail.
    let mut packed = Vec::with_capacity(text.len() + text.len() / 1000 + 64);
    let finish = FlushCompress::Finish;
    match stream.compress_vec(text.as_bytes(), &mut packed, finish) {
        Ok(Status::StreamEnd) => Ok(packed),
        Ok(status) => Err(format!("did not come to an end: {status:?}")),
        Err(error) => Err(failed(error)),
    }
}

/// Unpacks a text.
pub(super) fn unpack(packed: &[u8]) -> Result<String, String> {
    let mut stream = Decompress::new(true);
    let mut text = Vec::new();
    loop {
        text.reserve(CHUNK);
        let read = usize::try_from(stream.total_in()).unwrap_or(packed.len());
        let left = packed.get(read..).unwrap_or_default();
        let before = text.len();
        match stream.decompress_vec(left, &mut text, FlushDecompress::None) {
            Ok(Status::StreamEnd) => break,
            Ok(_) if text.len() > before && text.len() <= LONGEST => {}
            Ok(_) => return Err("what is packed has no end".to_owned()),
            Err(error) => {
                let named = error.needs_dictionary().ok_or_else(|| error.to_string())?;
                let known = DICTIONARIES
                    .iter()
                    .any(|known| stream.set_dictionary(known).is_ok());
                if !known {
                    return Err(format!(
                        "a newer version packed it: no dictionary {named:08x}"
                    ));
                }
            }
        }
    }
    String::from_utf8(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let long = r#"{"step":"service:web","state":"done","ü":1}"#.repeat(5000);
        for text in ["", "{}", r#"{"saga":{"plan":"create@1"}}"#, &long] {
            let packed = pack(text).unwrap();
            assert_eq!(unpack(&packed).unwrap(), text);
            assert!(packed.len() < 64 + text.len() / 10);
        }
    }

    #[test]
    fn what_was_damaged_is_said_to_be() {
        let packed = pack(&r#"{"id":1,"what":"else"}"#.repeat(9)).unwrap();
        assert!(unpack(&packed[..packed.len() - 1]).is_err());
        assert!(unpack(b"{}").is_err());
        let mut other = packed.clone();
        other[2] ^= 1;
        let error = unpack(&other).unwrap_err();
        assert!(error.contains("newer version"), "{error}");
        let mut damaged = packed;
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        assert!(unpack(&damaged).is_err());
    }

    /// A row as the first release packed it: that it unpacks is what lets a later one read it.
    #[test]
    fn a_row_that_was_packed_once_is_readable_for_good() {
        let hex: String = include_str!("row-waiting.hex").split_whitespace().collect();
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let packed: Vec<_> = (0..hex.len()).step_by(2).map(byte).collect();
        let text = unpack(&packed).unwrap();
        let kept = include_str!("../../../../model/tests/golden/row-waiting.json");
        let kept: tempus_model::Row = serde_json::from_str(kept).unwrap();
        let row: tempus_model::Row = serde_json::from_str(&text).unwrap();
        let json = |row| serde_json::to_value(row).unwrap();
        assert_eq!(json(&row), json(&kept));
    }

    /// Rows that are stored name it by this.
    #[test]
    fn a_dictionary_that_has_shipped_stays_as_it_is() {
        let packed = pack("").unwrap();
        assert_eq!(packed[2..6], CHECKSUM);
    }

    const CHECKSUM: [u8; 4] = 0x72f4_c87f_u32.to_be_bytes();
}
