//! Encodes the return value of `setup` for other processes.
//!
//! Unlike JSON, it preserves any bytes in strings, any number and any key.

use super::convert::Plain;

/// Tables nested deeper than this are refused, as when they are copied out of Lua.
const MAX_DEPTH: usize = 101;

/// Bytes that do not encode a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotPacked;

/// Encodes a value.
pub(super) fn pack(value: &Plain) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

/// Decodes a value.
pub(super) fn unpack(bytes: &[u8]) -> Result<Plain, NotPacked> {
    let mut rest = bytes;
    let value = read(&mut rest, 0)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(NotPacked)
    }
}

fn write(value: &Plain, out: &mut Vec<u8>) {
    match value {
        Plain::Nil => out.push(b'n'),
        Plain::Null => out.push(b'0'),
        Plain::Bool(false) => out.push(b'f'),
        Plain::Bool(true) => out.push(b't'),
        Plain::Number(number) => {
            out.push(b'd');
            out.extend(number.to_le_bytes());
        }
        Plain::Bytes(bytes) => {
            head(b's', bytes.len(), out);
            out.extend(bytes.iter());
        }
        Plain::Array(items) => {
            head(b'a', items.len(), out);
            items.iter().for_each(|item| write(item, out));
        }
        Plain::Map(pairs) => {
            head(b'm', pairs.len(), out);
            for (key, value) in pairs {
                write(key, out);
                write(value, out);
            }
        }
    }
}

fn head(kind: u8, length: usize, out: &mut Vec<u8>) {
    out.push(kind);
    out.extend((length as u64).to_le_bytes());
}

fn read(rest: &mut &[u8], depth: usize) -> Result<Plain, NotPacked> {
    if depth > MAX_DEPTH {
        return Err(NotPacked);
    }
    let (kind, after) = rest.split_first().ok_or(NotPacked)?;
    *rest = after;
    Ok(match kind {
        b'n' => Plain::Nil,
        b'0' => Plain::Null,
        b'f' => Plain::Bool(false),
        b't' => Plain::Bool(true),
        b'd' => Plain::Number(f64::from_le_bytes(eight(rest)?)),
        b's' => {
            let length = length(rest)?;
            let (bytes, after) = rest.split_at_checked(length).ok_or(NotPacked)?;
            *rest = after;
            Plain::Bytes(bytes.into())
        }
        b'a' => {
            let length = length(rest)?;
            let items: Result<Vec<_>, _> = (0..length).map(|_| read(rest, depth + 1)).collect();
            Plain::Array(items?.into())
        }
        b'm' => {
            let length = length(rest)?;
            let pair = |_| Ok((read(rest, depth + 1)?, read(rest, depth + 1)?));
            let pairs: Result<Vec<_>, _> = (0..length).map(pair).collect();
            Plain::Map(pairs?.into())
        }
        _ => return Err(NotPacked),
    })
}

fn eight(rest: &mut &[u8]) -> Result<[u8; 8], NotPacked> {
    let (bytes, after) = rest.split_first_chunk().ok_or(NotPacked)?;
    *rest = after;
    Ok(*bytes)
}

/// A length that fits the remaining bytes: each item takes at least one byte.
fn length(rest: &mut &[u8]) -> Result<usize, NotPacked> {
    let length = u64::from_le_bytes(eight(rest)?);
    let length = usize::try_from(length).map_err(|_| NotPacked)?;
    (length <= rest.len()).then_some(length).ok_or(NotPacked)
}

#[cfg(test)]
mod tests {
    use mlua::Lua;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_survives_encoding_and_decoding() {
        let source = r#"return { name = "a\0\255", list = { 1, 2.5, { true } }, [7] = "odd", [false] = 1/0, empty = {} }"#;
        let plain = Plain::from_lua(&Lua::new().load(source).eval().unwrap()).unwrap();
        assert_eq!(unpack(&pack(&plain)), Ok(plain.clone()));
        assert_eq!(unpack(&pack(&Plain::Nil)), Ok(Plain::Nil));
        let bytes = pack(&plain);
        for end in 0..bytes.len() {
            assert_eq!(unpack(&bytes[..end]), Err(NotPacked), "{end}");
        }
    }

    #[test]
    fn deep_and_endless_values_are_refused() {
        let deep = [b'a', 1, 0, 0, 0, 0, 0, 0, 0].repeat(1_000_000);
        assert_eq!(unpack(&deep), Err(NotPacked));
        let mut huge = vec![b'a'];
        huge.extend(u64::MAX.to_le_bytes());
        assert_eq!(unpack(&huge), Err(NotPacked));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_cause_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = unpack(&bytes);
        }
    }
}
