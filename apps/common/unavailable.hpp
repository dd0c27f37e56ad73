#pragma once

namespace apps::common {

/// Part of an exception that says: not now, but the same may succeed later. Rest answers it by 503
/// SERVICE_UNAVAILABLE; it is who throws it that tells the log, not too often.
class Unavailable {
public:
    virtual ~Unavailable() = default;
};

}  // namespace apps::common
