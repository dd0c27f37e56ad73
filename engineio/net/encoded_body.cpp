#include "engineio/net/encoded_body.hpp"

namespace engineio::net {

std::string const& EncodedBody::as(ContentEncoding encoding) const {
    if (encoding == ContentEncoding::identity) {
        return identity_;
    }
    std::lock_guard const lock(mutex_);
    auto& form = encoding == ContentEncoding::gzip ? gzip_ : deflate_;
    if (form.empty()) {  // no compressed form is: each has a header
        form = deflate_body(encoding, identity_);
    }
    return form;
}

}  // namespace engineio::net
