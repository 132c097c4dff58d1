//! Session tokens: JWT, HS256 by ring's HMAC, with the key of the installation.

use crate::store::Role;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::hmac;
use serde::{Deserialize, Serialize};

const ISSUER: &str = "dinrail";
const AUDIENCE: &str = "dinrail/api";

/// What a session token says. Whether the session still lives, the store says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    aud: String,
    /// The account.
    pub(crate) sub: String,
    /// What it may do.
    pub(crate) role: Role,
    /// The session.
    pub(crate) jti: String,
    /// Seconds since 1970-01-01 UTC.
    pub(crate) exp: i64,
}

impl Claims {
    pub(crate) fn new(sub: String, role: Role, jti: String, expires_ms: i64) -> Self {
        Self { iss: ISSUER.to_owned(), aud: AUDIENCE.to_owned(), sub, role, jti, exp: expires_ms / 1000 }
    }
}

/// Signs and checks session tokens.
pub(crate) struct Jwt {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Jwt {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        install_jwt_provider();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Self { encoding: EncodingKey::from_secret(key), decoding: DecodingKey::from_secret(key), validation }
    }

    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.encoding)
    }

    /// The claims of a token that is ours, whole and not expired.
    pub(crate) fn check(&self, token: &str) -> Option<Claims> {
        jsonwebtoken::decode(token, &self.decoding, &self.validation).ok().map(|data| data.claims)
    }
}

/// HS256 and nothing else: the other algorithms of the crate are not compiled in, and none may be asked for.
static RING: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Hs256::new(*algorithm, Some(key.as_bytes()))?)),
    verifier_factory: |algorithm, key| Ok(Box::new(Hs256::new(*algorithm, key.try_get_as_bytes().ok())?)),
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes ring's HMAC the signer of session tokens. To be called before the first token; later calls change nothing.
pub fn install_jwt_provider() {
    // An error only says that it is installed already.
    RING.install_default().unwrap_or_default();
}

struct Hs256(hmac::Key);

impl Hs256 {
    fn new(algorithm: Algorithm, key: Option<&[u8]>) -> Result<Self, Error> {
        let key = key.filter(|_| algorithm == Algorithm::HS256).ok_or(ErrorKind::InvalidAlgorithm)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        // Compares in constant time.
        hmac::verify(&self.0, message, signature).map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn claims(expires_ms: i64) -> Claims {
        Claims::new("kim".into(), Role::Operator, "abc".into(), expires_ms)
    }

    const LATER: i64 = 4_000_000_000_000;

    #[test]
    fn a_token_is_good_with_its_key_until_it_expires() {
        let jwt = Jwt::new(&[1; 32]);
        let token = jwt.sign(&claims(LATER)).unwrap();
        assert_eq!(jwt.check(&token), Some(claims(LATER)));
        assert_eq!(Jwt::new(&[2; 32]).check(&token), None);
        assert_eq!(jwt.check(&jwt.sign(&claims(1_000_000)).unwrap()), None);
    }

    #[test]
    fn the_signature_is_the_standard_one() {
        // RFC 7515, appendix A.1.
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                       eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        install_jwt_provider();
        let key = EncodingKey::from_secret(&URL_SAFE_NO_PAD.decode(key).unwrap());
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    #[test]
    fn a_token_that_names_another_algorithm_or_none_is_refused() {
        let jwt = Jwt::new(&[1; 32]);
        let token = jwt.sign(&claims(LATER)).unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        let (body, _) = rest.split_once('.').unwrap();
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS512"}"#, r#"{"alg":"RS256"}"#, "{}"] {
            let header = URL_SAFE_NO_PAD.encode(header);
            assert_eq!(jwt.check(&format!("{header}.{rest}")), None);
            assert_eq!(jwt.check(&format!("{header}.{body}.")), None);
        }
        for junk in ["", ".", "..", "a.b.c", "\u{0}"] {
            assert_eq!(jwt.check(junk), None);
        }
    }
}
