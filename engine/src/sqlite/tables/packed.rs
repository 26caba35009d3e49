//! Bodies that are written often, packed: LZ4 blocks (<https://lz4.org>, "block format") behind their length,
//! four bytes of it with the least first.
//!
//! What a checkpoint costs is the pages that it writes, and most of a row's JSON is names of fields and
//! parts of names that come again: packed, a row is a third as long. It is packed before
//! the writer has it, and in a few microseconds; zlib would make a fifth less of it in five times as long.

use std::cell::RefCell;
use std::ops::Deref;

use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress, get_maximum_output_size, uncompressed_size,
};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use serde::Serialize;

use super::super::error::unreadable;
use crate::StoreError;

/// The longest text that is unpacked. A damaged length would ask for gigabytes.
const LONGEST: usize = 40 << 20;

/// A buffer that has grown beyond this is not kept: few bodies are as long.
const KEPT: usize = 64 << 10;

/// What packing needs, kept by each thread: a buffer and a table of its own for every body would take
/// longer than the packing.
#[derive(Default)]
struct Press {
    text: Vec<u8>,
    packed: Vec<u8>,
    table: CompressTable,
}

thread_local! {
    static PRESS: RefCell<Press> = RefCell::default();
}

/// A value as it is stored.
pub(super) fn pack(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    PRESS.with_borrow_mut(|press| {
        press.text.clear();
        serde_json::to_writer(&mut press.text, value).map_err(unreadable)?;
        let packed = press.pack();
        if press.text.capacity() > KEPT {
            *press = Press::default();
        }
        packed
    })
}

impl Press {
    fn pack(&mut self) -> Result<Vec<u8>, StoreError> {
        let length = u32::try_from(self.text.len()).map_err(unreadable)?;
        let most = get_maximum_output_size(self.text.len());
        if self.packed.len() < most {
            self.packed.resize(most, 0);
        }
        let packed = compress_into_with_table(&self.text, &mut self.packed, &mut self.table);
        let block = &self.packed[..packed.map_err(unreadable)?];
        let mut body = Vec::with_capacity(size_of_val(&length) + block.len());
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(block);
        Ok(body)
    }
}

/// A stored body as text: unpacked, or as it was stored by the releases that packed nothing.
pub(crate) struct Body(String);

impl Deref for Body {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl FromSql for Body {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(packed) => unpack(packed)
                .map(Self)
                .map_err(|error| FromSqlError::Other(error.into())),
            text => String::column_result(text).map(Self),
        }
    }
}

fn unpack(packed: &[u8]) -> Result<String, String> {
    let (length, block) = uncompressed_size(packed).map_err(|error| error.to_string())?;
    if length > LONGEST {
        return Err(format!("what is packed would be {length} bytes long"));
    }
    let text = decompress(block, length).map_err(|error| error.to_string())?;
    if text.len() != length {
        return Err(format!(
            "what is packed is {} bytes long, not {length}",
            text.len()
        ));
    }
    String::from_utf8(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        for text in [
            "",
            "create@1",
            "ü",
            &r#"{"step":"service:web"}"#.repeat(5000),
        ] {
            let packed = pack(&text).unwrap();
            let json: String = serde_json::from_str(&unpack(&packed).unwrap()).unwrap();
            assert_eq!(json, text);
        }
    }

    #[test]
    fn what_was_damaged_is_said_to_be() {
        let packed = pack(&"step done ".repeat(9)).unwrap();
        for wrong in [
            &packed[..packed.len() - 1],
            &packed[..3],
            b"",
            b"{\"id\":1}",
        ] {
            assert!(unpack(wrong).is_err(), "{wrong:?}");
        }
        let mut longer = packed.clone();
        longer[0] += 1;
        assert!(unpack(&longer).is_err());
        let mut endless = packed;
        endless[3] = 0xff;
        assert!(unpack(&endless).unwrap_err().contains("bytes long"));
    }

    /// Rows that are stored name no version of this: they must stay readable.
    #[test]
    fn a_body_that_was_packed_once_is_readable_for_good() {
        let stored = b"\x5c\x00\x00\x00\xbf\"step done \x0a\x00\x38\x60done \"";
        let text = format!("{:?}", "step done ".repeat(9));
        assert_eq!(unpack(stored), Ok(text));
    }
}
