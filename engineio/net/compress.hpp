#pragma once

#include <string>
#include <string_view>

/// Content-Encoding of HTTP answers (reference-behaviour section 1.7).
namespace engineio::net {

enum class ContentEncoding { identity, gzip, deflate };

/// "gzip", "deflate"; empty for identity.
std::string_view encoding_name(ContentEncoding encoding) noexcept;

/// What an Accept-Encoding header asks for: the client's q-values decide, then its order; "*"
/// means gzip. Identity if absent, refused (q=0) or unknown (br).
ContentEncoding negotiate_encoding(std::string_view accept_encoding);

/// Compresses a whole body: gzip, or the zlib format for deflate. Identity copies.
/// `level` is zlib's, -1 its default.
std::string deflate_body(ContentEncoding encoding, std::string_view body, int level = -1);

}  // namespace engineio::net
