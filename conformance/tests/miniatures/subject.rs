//! A miniature as a subject.

use esse_conformance::subject::{
    Block, Capability, Encoded, Info, NoAnswer, Parsed, Role, Subject,
};

use crate::{encoder, parser};

/// A subject with a miniature in both roles; usually one of the two is right.
pub(crate) struct Miniature {
    info: Info,
    parser: parser::Wrong,
    encoder: encoder::Wrong,
}

impl Miniature {
    pub(crate) fn parser(wrong: parser::Wrong) -> Self {
        Self::new(vec![Role::Parser], wrong, encoder::Wrong::Nothing)
    }

    pub(crate) fn encoder(wrong: encoder::Wrong) -> Self {
        Self::new(vec![Role::Encoder], parser::Wrong::Nothing, wrong)
    }

    pub(crate) fn pair(parser: parser::Wrong, encoder: encoder::Wrong) -> Self {
        Self::new(vec![Role::Parser, Role::Encoder], parser, encoder)
    }

    /// The same, but it does not declare this.
    pub(crate) fn without(mut self, capability: &Capability) -> Self {
        self.info.capabilities.retain(|known| known != capability);
        self
    }

    fn new(roles: Vec<Role>, parser: parser::Wrong, encoder: encoder::Wrong) -> Self {
        let capabilities = Capability::ALL.to_vec();
        let info = Info {
            name: "miniature".into(),
            roles,
            capabilities,
            ..Info::default()
        };
        Self {
            info,
            parser,
            encoder,
        }
    }
}

impl Subject for Miniature {
    fn info(&self) -> &Info {
        &self.info
    }

    fn parse(&mut self, chunks: &[&[u8]], last_event_id: Option<&str>) -> Result<Parsed, NoAnswer> {
        Ok(parser::parse(
            self.parser,
            chunks,
            last_event_id.unwrap_or_default(),
        ))
    }

    fn encode(&mut self, block: &Block) -> Result<Encoded, NoAnswer> {
        Ok(encoder::encode(self.encoder, block))
    }
}
