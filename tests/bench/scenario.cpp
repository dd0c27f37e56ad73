#include "tests/bench/scenario.hpp"

#include <algorithm>
#include <ctime>
#include <sstream>

namespace bench {

namespace {

constexpr std::size_t handshakes_at_once = 64;
constexpr std::size_t max_payload_bytes = 1 << 20;
constexpr auto patience = std::chrono::seconds(60);

double own_cpu() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Clock::duration seconds(double count) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

}  // namespace

void Measurement::begin() {
    running_ = true;
    messages_ = 0;
    latencies_.clear();
    started_ = Clock::now();
    own_cpu_ = own_cpu();
    used_ = process_ ? usage_of(process_) : Usage();
}

void Measurement::end() {
    running_ = false;
    seconds_ = std::chrono::duration<double>(Clock::now() - started_).count();
    own_cpu_ = own_cpu() - own_cpu_;
    auto const now = process_ ? usage_of(process_) : Usage();
    used_ = {now.cpu - used_.cpu, now.user - used_.user, now.system - used_.system};
}

double Measurement::percentile(double share) {
    if (latencies_.empty()) {
        return 0;
    }
    auto const last = static_cast<double>(latencies_.size() - 1);
    auto const place = latencies_.begin() + static_cast<std::ptrdiff_t>(last * share);
    std::nth_element(latencies_.begin(), place, latencies_.end());
    return static_cast<double>(*place) * 1e6;
}

std::string Measurement::json() {
    auto const count = static_cast<double>(std::max<std::size_t>(messages_, 1));
    auto const ticks = used_.user + used_.system;
    auto const user_share = ticks > 0 ? used_.user / ticks : 0;
    auto const cpu = used_.cpu / count * 1e6;
    std::ostringstream out;
    out << "{\"messages\":" << messages_ << ",\"seconds\":" << seconds_
        << ",\"per_second\":" << (seconds_ > 0 ? static_cast<double>(messages_) / seconds_ : 0)
        << ",\"cpu_us\":" << cpu << ",\"user_us\":" << cpu * user_share
        << ",\"system_us\":" << cpu * (1 - user_share)
        << ",\"generator_busy\":" << (seconds_ > 0 ? own_cpu_ / seconds_ : 0)
        << ",\"p50_us\":" << percentile(0.5) << ",\"p99_us\":" << percentile(0.99);
    for (auto const& [name, number] : values_) {
        out << ",\"" << name << "\":" << number;
    }
    out << ",\"errors\":" << complaints() << "}";
    return out.str();
}

bool Pace::due(bool able) {
    auto const now = Clock::now();
    if (begun_ == Clock::time_point()) {
        begun_ = now;
    }
    auto const wanted = std::chrono::duration<double>(now - begun_).count() * rate_;
    if (issued_ >= wanted) {
        return false;
    }
    issued_ = able ? issued_ + 1 : wanted;
    return able;
}

std::string make_payload(std::uint32_t client, std::uint64_t sequence, std::size_t size) {
    static std::string const filler = [] {
        std::string text;
        for (std::size_t i = 0; i < max_payload_bytes; ++i) {
            text.push_back(static_cast<char>('a' + i % 26));
        }
        return text;
    }();
    constexpr std::string_view digits = "0123456789abcdef";
    auto payload = filler.substr(0, size);
    auto const number = std::uint64_t{client} << 44 | (sequence & 0xFFFFFFFFFFFU);
    for (std::size_t i = 0; i < 16 && i < size; ++i) {
        payload[i] = digits[number >> (60 - 4 * i) & 0xFU];
    }
    return payload;
}

void connect_all(Loop& loop, std::vector<std::unique_ptr<WebSocketClient>>& clients,
                 std::uint16_t port) {
    std::size_t begun = 0;
    std::size_t done = 0;
    bool const all = loop.run(
        [&] {
            while (done < begun && clients[done]->connected()) {
                ++done;
            }
            while (begun < clients.size() && begun < done + handshakes_at_once) {
                clients[begun++]->start(port);
            }
            return done == clients.size() || complaints() != 0;
        },
        patience);
    if (!all) {
        complain("only " + std::to_string(done) + " clients could connect");
    }
}

void measure(Loop& loop, Options const& options, Measurement& measurement, bool& stopping,
             std::function<bool()> const& drained, std::function<void()> const& work) {
    auto const wrong = [&] {
        work();
        return complaints() != 0;
    };
    loop.run(wrong, seconds(options.warm_up));
    measurement.begin();
    loop.run(wrong, seconds(options.seconds));
    measurement.end();
    stopping = true;
    if (!loop.run(drained, patience / 4) && complaints() == 0) {
        complain("answers are missing");
    }
}

}  // namespace bench
