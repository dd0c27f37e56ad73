#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>

namespace rig {

// What is logged while it lives, without time and level.
class CapturedLog {
public:
    CapturedLog() {
        auto const sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out_);
        auto const logger = std::make_shared<spdlog::logger>("test", sink);
        logger->set_pattern("%v");
        logger->set_level(spdlog::level::trace);
        spdlog::set_default_logger(logger);
    }
    ~CapturedLog() { spdlog::set_default_logger(before_); }
    CapturedLog(CapturedLog const&) = delete;
    CapturedLog& operator=(CapturedLog const&) = delete;

    // The lines since the last call.
    std::string take() {
        auto const lines = out_.str();
        out_.str({});
        return lines;
    }

private:
    std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
    std::ostringstream out_;
};

}  // namespace rig
