//! `llm.image`: images that all VUs share, read once per process.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlua::{MetaMethod, UserData, UserDataMethods, Value};

use crate::script::args;
use crate::script::context::Context;
use crate::script::files;
use crate::script::request::CallParams;

const FUNCTION: &str = "llm.image";

/// The maximum size of a file; servers hardly accept larger ones.
const MOST: u64 = 64 << 20;

/// An image in one Lua state: a URL, or its content as a data URL.
pub(super) struct Image(pub(super) Arc<str>);

impl UserData for Image {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            let shown: String = this.0.chars().take(40).collect();
            Ok(format!("image {shown}"))
        });
    }
}

/// An image given by its URL or file.
///
/// # Errors
/// Misuse, and a file that cannot be read or is not an image.
pub(super) fn load(context: &Context, value: &Value) -> mlua::Result<Image> {
    let place = args::text(FUNCTION, "argument 1 (file or URL)", value)?;
    if is_url(&place) {
        return Ok(Image(place.into()));
    }
    context.require_init(FUNCTION, "call it with a file at the script's top level")?;
    let path = context.process.folder.join(&place);
    context.process.note_file(&path);
    let key = path.display().to_string();
    let read = || {
        let bytes = files::read_up_to(&path, MOST)
            .map_err(|error| format!("cannot read {key}: {error}"))?;
        let kind = media_type(&bytes)
            .ok_or_else(|| format!("{key} is not a PNG, JPEG, GIF or WebP image"))?;
        Ok(format!("data:{kind};base64,{}", STANDARD.encode(bytes)))
    };
    let image = context.process.images.get_or_load(&key, read);
    image
        .map(Image)
        .map_err(|error| args::misuse(FUNCTION, error))
}

/// The images of a request.
///
/// # Errors
/// A value that is not an image.
pub(super) fn list(params: &CallParams<'_>) -> mlua::Result<Vec<Arc<str>>> {
    let expected = "a list of images: URLs, or results of llm.image(FILE)";
    let images = match params.get("images")? {
        Value::Nil => return Ok(Vec::new()),
        Value::Table(images) => images,
        other => return Err(params.wrong_type("images", expected, &other)),
    };
    let image = |value: mlua::Result<Value>| match value? {
        Value::UserData(image) if image.is::<Image>() => {
            Ok(Arc::clone(&image.borrow::<Image>()?.0))
        }
        Value::String(url) if is_url(&url.to_string_lossy()) => Ok(url.to_string_lossy().into()),
        other => Err(params.wrong_type("images", expected, &other)),
    };
    images.sequence_values::<Value>().map(image).collect()
}

fn is_url(text: &str) -> bool {
    ["http://", "https://", "data:"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
}

/// The media type, by the first bytes of a file.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        _ if bytes.starts_with(b"RIFF") => (bytes.get(8..12)? == b"WEBP").then_some("image/webp"),
        _ => None,
    }
}
