#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace engineio::net {

/// Callables of any kind that wait to be called once, in the order in which they came. They stand
/// one behind the other in chunks of memory that are used again, because a shard defers every
/// packet it has decoded: an allocation for each was a twentieth of an echo's instructions. What a
/// task puts into the queue runs behind all the others. Used by one thread.
class TaskQueue {
public:
    TaskQueue() = default;
    ~TaskQueue();  ///< destroys those left without calling them
    TaskQueue(TaskQueue const&) = delete;
    TaskQueue& operator=(TaskQueue const&) = delete;

    /// Takes any `void()` callable, also one that can only be moved. From a task, too.
    template <class F>
    void push(F&& function) {
        using Function = std::decay_t<F>;
        static_assert(alignof(Function) <= alignment);
        auto* const task = room(sizeof(Task) + rounded(sizeof(Function)));
        // Counted only now: a constructor that throws leaves nothing.
        ::new (function_of(task)) Function(std::forward<F>(function));
        task->end = &end<Function>;
        last_->filled += task->bytes;
    }

    /// Whether no task waits.
    bool empty() const { return !first_ || first_->begun == first_->filled; }
    /// Calls and destroys the first one. Not if empty, and not from within a task.
    void run_next() { end_next(true); }

private:
    static constexpr std::size_t alignment = alignof(std::max_align_t);
    static constexpr std::size_t rounded(std::size_t bytes) {
        return (bytes + alignment - 1) / alignment * alignment;
    }

    struct alignas(alignment) Task {
        std::size_t bytes;
        void (*end)(Task* task, bool call);  ///< calls if asked to, then destroys
    };

    struct alignas(alignment) Chunk {
        Chunk* next;
        std::size_t capacity;
        std::size_t begun;   ///< where the first task stands that has not been begun
        std::size_t filled;  ///< where there is room
    };
    static constexpr std::size_t chunk_bytes = 16 * 1024;

    static void* function_of(Task* task) { return task + 1; }

    template <class F>
    static void end(Task* task, bool call) {
        struct Guard {
            F& function;
            ~Guard() { function.~F(); }
        };
        Guard const guard{*std::launder(static_cast<F*>(function_of(task)))};
        if (call) {
            guard.function();
        }
    }

    Task* room(std::size_t bytes);
    void end_next(bool call);
    void tidy();
    void drop_first();

    Chunk* first_ = nullptr;
    Chunk* last_ = nullptr;
    bool running_ = false;
};

}  // namespace engineio::net
