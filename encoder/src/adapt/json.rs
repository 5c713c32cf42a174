//! [`Block::json`]: the JSON of a value as data. Feature `json`.

use serde_core::Serialize;

use crate::block::Block;

impl Block<'_> {
    /// A block whose data is the JSON of `value`, on one line. Needs the feature `json`.
    ///
    /// If the text of the value would not fit in memory, pass a [`DataWriter`](crate::DataWriter)
    /// to `serde_json::to_writer`.
    ///
    /// # Errors
    /// Those of `serde_json`: the value failed to serialize, or a map has keys that are not
    /// strings.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use serde_json::json;
    ///
    /// let block = Block::json(&json!({"text": "two\nlines"}))?;
    /// assert_eq!(block.to_frame().to_bytes(), "data: {\"text\":\"two\\nlines\"}\n\n");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Self> {
        serde_json::to_string(value).map(Self::event)
    }
}
