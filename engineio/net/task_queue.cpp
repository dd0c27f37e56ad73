#include "engineio/net/task_queue.hpp"

#include "engineio/net/result.hpp"

#include <algorithm>

namespace engineio::net {

TaskQueue::~TaskQueue() {
    while (!empty()) {
        end_next(false);
    }
    if (first_) {
        drop_first();
    }
}

// Where the next task goes, its length filled in.
TaskQueue::Task* TaskQueue::room(std::size_t bytes) {
    if (!last_ || last_->capacity - last_->filled < bytes) {
        auto const capacity = std::max(bytes, chunk_bytes - sizeof(Chunk));
        auto* const chunk =
            ::new (::operator new(sizeof(Chunk) + capacity)) Chunk{nullptr, capacity, 0, 0};
        (last_ ? last_->next : first_) = chunk;
        last_ = chunk;
    }
    auto* const free = reinterpret_cast<char*>(last_) + sizeof(Chunk) + last_->filled;
    return ::new (static_cast<void*>(free)) Task{bytes, nullptr};
}

void TaskQueue::end_next(bool call) {
    SIO_ASSERT(!running_);
    Chunk* const chunk = first_;
    auto* const task = std::launder(
        reinterpret_cast<Task*>(reinterpret_cast<char*>(chunk) + sizeof(Chunk) + chunk->begun));
    chunk->begun += task->bytes;
    running_ = true;  // the task stays where it is until it has ended; it may push others
    struct Guard {
        TaskQueue& queue;
        ~Guard() { queue.tidy(); }
    };
    Guard const guard{*this};
    task->end(task, call);
}

// The first chunk may be used up: the last one is used again, others go.
void TaskQueue::tidy() {
    running_ = false;
    if (first_->begun < first_->filled) {
        return;
    }
    if (first_->next) {
        drop_first();
    } else {
        first_->begun = first_->filled = 0;
    }
}

void TaskQueue::drop_first() {
    Chunk* const chunk = first_;
    first_ = chunk->next;
    if (!first_) {
        last_ = nullptr;
    }
    ::operator delete(chunk);
}

}  // namespace engineio::net
